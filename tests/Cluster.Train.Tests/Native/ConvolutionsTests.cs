using Cluster.Train.Native;
using Cluster.Train.Tests.Training;

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
    public async Task Where_oneDNN_cannot_be_told_of_the_caches_libtorch_does_without_it()
    {
        Skip.IfNot(OneDnnCaches.AreHidden, "this processor tells oneDNN of its caches, so that it computes rightly as it comes; run it on a virtual machine of AMD's processors that hides CPUID leaf 8000001D");

        var doctor = await ChildProgram.TrainerAsync(new Dictionary<string, string> { ["CLUSTER_TRAIN_TEST_HIDDEN_CACHES"] = "leave" }, "doctor");

        Assert.Contains("computed without oneDNN, which computes them wrongly here (left so by a test)", doctor.Out, StringComparison.Ordinal);
        Assert.Equal(0, doctor.ExitCode);
    }
}
