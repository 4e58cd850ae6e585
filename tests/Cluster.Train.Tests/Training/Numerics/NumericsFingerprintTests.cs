using System.Text.RegularExpressions;
using Cluster.Train.Native;
using Cluster.Train.Training;
using Cluster.Train.Training.Numerics;
using TorchSharp;

namespace Cluster.Train.Tests.Training.Numerics;

[Collection(LibtorchGroup.Name)]
public sealed partial class NumericsFingerprintTests
{
    [Fact]
    public async Task The_class_is_the_same_each_time_and_has_digits_for_each_part()
    {
        using var thread = new ComputeThread("fingerprint", threads: 1, portable: false);
        var first = await thread.RunAsync(() => NumericsFingerprint.Of(DeviceSpec.Cpu, portable: false));
        var second = await thread.RunAsync(() => NumericsFingerprint.Compute(DeviceSpec.Cpu));

        Assert.Equal(first, second);
        Assert.Matches(Digits(), first);
        Assert.Equal(NumericsClass.Parts.Length, NumericsBattery.Parts.Count);
        Assert.Equal(NumericsClass.Parts.Length, first.Split('-').Length);
    }

    [Fact]
    public async Task A_class_does_not_depend_on_the_threads_of_the_job_and_leaves_them_and_the_random_numbers_as_they_were()
    {
        using var one = new ComputeThread("one", threads: 1, portable: false);
        var expected = await one.RunAsync(() => NumericsFingerprint.Compute(DeviceSpec.Cpu));
        using var three = new ComputeThread("three", threads: 3, portable: false);
        var (found, threads, before, after) = await three.RunAsync(() =>
        {
            using var stateBefore = torch.get_rng_state();
            var computed = NumericsFingerprint.Compute(DeviceSpec.Cpu);
            using var stateAfter = torch.get_rng_state();
            return (computed, torch.get_num_threads(), stateBefore.bytes.ToArray(), stateAfter.bytes.ToArray());
        });

        Assert.Equal(expected, found);
        Assert.Equal(3, threads);
        Assert.Equal(before, after);
    }

    [Theory]
    [InlineData("")]
    [InlineData("intel")]
    [InlineData("other")]
    public async Task The_portable_class_is_the_one_in_the_code_whatever_MKL_takes_the_processor_for(string vendor) =>
        Assert.Equal(NumericsFingerprint.Portable, await OtherProcessor.ClassAsync(OtherProcessor.Of(vendor), "--portable"));

    [Fact]
    public void A_portable_process_of_another_class_is_told_what_differs_and_what_to_do()
    {
        var line = NumericsFingerprint.NotPortable("0" + NumericsFingerprint.Portable[1..]);

        Assert.Contains("--portable cannot hold here: matrix products come out with other bits on " + Processor.Name, line, StringComparison.Ordinal);
        Assert.Contains("leave --portable out", line, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line);
    }

    [Fact]
    public void A_GPU_cannot_be_portable()
    {
        var error = Assert.Throws<BadInputException>(() => NumericsFingerprint.Of(DeviceSpec.Parse("cuda"), portable: true));

        Assert.Contains("leave --portable out", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_setting_of_the_user_that_changes_the_bits_is_refused_by_its_name()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "MKL tells which branch it takes on Linux only");
        var run = await ChildProgram.TrainerAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["MKL_ENABLE_INSTRUCTIONS"] = "SSE4_2" }, "numerics", "--portable");

        Assert.True(run.ExitCode == 2, run.Text);
        Assert.StartsWith("error: ", run.Error, StringComparison.Ordinal);
        Assert.Contains("unset MKL_ENABLE_INSTRUCTIONS", run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.Trim().Split('\n'));
    }

    [GeneratedRegex("^[0-9a-f]{8}(-[0-9a-f]{8})*$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Digits();
}
