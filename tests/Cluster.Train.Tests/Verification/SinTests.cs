using Cluster.Train.Tests.Checkpoints;
using Xunit.Abstractions;

namespace Cluster.Train.Tests.Verification;

/// <summary><c>verify</c> finds what tests/Cluster.Train.Sins does wrong, and names it.</summary>
public sealed class SinTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("normalizes-in-place", "Predict changed batch.Input in place at step 0")]
    [InlineData("following-teacher", "'_teacher.weight' has requires_grad = false, and yet its values changed")]
    [InlineData("replaced-buffer", "'_mean' was replaced while training")]
    [InlineData("process-seeded-augmentation", "once more, in another process: parts at step 1: parameter 'in.weight', element [0,0],", "HashCode")]
    [InlineData("counting-field", "2 workers, memory, sharded: parts at step 1: parameter 'in.weight', element [0,0],", "a field of the task")]
    [InlineData("own-random-numbers", "once more, in this process: parts at step 1: parameter 'in.weight'", "random numbers of one's own")]
    public async Task A_sin_is_found_and_named(string task, params string[] words)
    {
        var run = await ChildProgram.SinsAsync("verify", task, "--steps", "12");

        output.WriteLine(run.Out + run.Error);
        Assert.Equal(1, run.ExitCode);
        var told = string.Join(' ', run.Out.Split((char[])['\n', ' '], StringSplitOptions.RemoveEmptyEntries));
        Assert.All(words, word => Assert.Contains(word, told, StringComparison.Ordinal));
        Assert.DoesNotContain(" agree, SHA-256", told, StringComparison.Ordinal);
        Assert.All(run.Out.Split('\n'), line => Assert.InRange(line.Length, 0, 80));
    }

    [Fact]
    public async Task Another_process_that_reads_other_samples_does_not_go_on_from_a_checkpoint()
    {
        using var folder = new TemporaryDirectory();
        string[] job = ["train", "process-seeded-augmentation", "--workers", "1", "--checkpoint-dir", folder.Root];
        var first = await ChildProgram.SinsAsync([.. job, "--steps", "4"]);
        Assert.True(first.ExitCode == 0, first.Text);

        var second = await ChildProgram.SinsAsync([.. job, "--steps", "8", "--resume"]);

        output.WriteLine(second.Text);
        Assert.Equal(2, second.ExitCode);
        Assert.Contains("checkpoint step-000000004 was trained on the same data, but its samples were read as others", second.Text, StringComparison.Ordinal);
        Assert.Contains("HashCode", second.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Random_numbers_in_some_forwards_only_are_no_sin()
    {
        var run = await ChildProgram.SinsAsync("verify", "stochastic-depth", "--steps", "12");

        output.WriteLine(run.Out + run.Error);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("\nall 14 agree, SHA-256 of the parameters:\n", run.Out, StringComparison.Ordinal);
        Assert.Contains("\nonce more, in another process ", run.Out, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("asin", "asin")]
    [InlineData("acos", "acos")]
    [InlineData("cholesky", "linalg.cholesky of float32")]
    public async Task A_function_that_makers_of_processors_compute_otherwise_is_refused_of_a_portable_job(string task, string name)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "which functions of MKL libtorch calls can be seen on Linux only");
        string[] job = ["train", "with-" + task, "--steps", "3", "--workers", "1"];

        var portable = await ChildProgram.SinsAsync([.. job, "--portable"]);
        var usual = await ChildProgram.SinsAsync(job);

        Assert.True(portable.ExitCode == 2, portable.Text);
        Assert.Contains($"error: task 'with-{task}': --portable cannot hold with {name}: ", portable.Text, StringComparison.Ordinal);
        Assert.Single(portable.Error.Trim().Split('\n'));
        Assert.True(usual.ExitCode == 0, usual.Text);
    }

    [Fact]
    public async Task What_is_advised_in_their_place_is_portable()
    {
        var run = await ChildProgram.SinsAsync("train", "with-advised", "--steps", "3", "--workers", "1", "--portable");

        Assert.True(run.ExitCode == 0, run.Text);
    }
}
