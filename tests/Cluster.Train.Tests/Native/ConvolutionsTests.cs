using Cluster.Train.Native;
using Cluster.Train.Tests.Training;
using Cluster.Train.Tests.Training.Numerics;
using Cluster.Train.Training.Numerics;

namespace Cluster.Train.Tests.Native;

[Collection(LibtorchGroup.Name)]
public sealed class ConvolutionsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(13)]
    [InlineData(16)]
    [InlineData(24)]
    [InlineData(33)]
    public void Outputs_and_gradients_are_what_their_definition_says(int inputs)
    {
        foreach (var outputs in new[] { 1, 2, 5, 8, 13, 16, 20, 32, 40 })
        {
            Assert.InRange(ConvolutionSample.Error(new ConvolutionSample(inputs, outputs)), 0, ConvolutionSample.Tolerance);
        }
    }

    [SkippableFact]
    public async Task Where_oneDNN_computes_wrongly_and_cannot_be_told_of_the_caches_libtorch_does_without_it()
    {
        Skip.IfNot(OneDnnCaches.AreHidden, "this processor tells oneDNN of its caches, so that it computes rightly as it comes; run it on a virtual machine of AMD's processors that hides CPUID leaf 8000001D");

        var doctor = await ChildProgram.TrainerAsync(OtherProcessor.OfCaches("leave"), "doctor");

        Assert.Contains("computed without oneDNN, which computes them wrongly here (left so by a test)", doctor.Out, StringComparison.Ordinal);
        Assert.Equal(0, doctor.ExitCode);
    }

    [SkippableTheory]
    // What other processors have in their second level; then a first and a third level, which decide nothing.
    [InlineData("32768,262144,1048576", false)]
    [InlineData("32768,1048576,1048576", false)]
    [InlineData("32768,1310720,1048576", false)]
    [InlineData("49152,2097152,2097152", false)]
    [InlineData("49152,524288,33554432", true)]
    public async Task A_process_that_cut_its_convolutions_to_another_cache_would_not_be_portable_and_is_refused(string sizes, bool isPortable)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "oneDNN can be told of caches on Linux only");

        var run = await ChildProgram.TrainerAsync(OtherProcessor.OfCaches(sizes), "numerics", "--portable");

        Assert.True(run.ExitCode == (isPortable ? 0 : 2), run.Text);
        if (isPortable)
        {
            Assert.Equal(NumericsFingerprint.Portable, run.Out.Trim());
            return;
        }

        Assert.Contains("--portable cannot hold here: convolutions come out with other bits", run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.Trim().Split('\n'));
    }
}
