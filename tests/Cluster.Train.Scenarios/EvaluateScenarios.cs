using System.Globalization;
using Xunit.Abstractions;

namespace Cluster.Train.Scenarios;

/// <summary>Evaluations that somebody stops.</summary>
public sealed class EvaluateScenarios(ITestOutputHelper output)
{
    private static readonly Dictionary<string, string> Slow = new() { ["CLUSTER_TRAIN_TEST_SLOW_EVALUATION"] = "1" };

    [Theory]
    [InlineData(1, nameof(Signal.Interrupt), 130)]
    [InlineData(2, nameof(Signal.Terminate), 143)]
    [InlineData(2, nameof(Signal.Hangup), 129)]
    public Task One_that_is_stopped_says_so_in_a_line_and_ends_as_the_signal_says(int workers, string signal, int exitCode) => Scenario.RunAsync(output, async scenario =>
    {
        var training = scenario.Program(
            "training", Node.Executable, new Dictionary<string, string>(), "train", "xor", "--steps", "1", "--batch-size", "1", "--checkpoint-dir", scenario.Checkpoints);
        Assert.Equal(0, await training.EndsAsync(Scenario.Patience));
        var evaluation = scenario.Program(
            "evaluation", Node.Executable, Slow, "evaluate", "xor", "--checkpoint", scenario.Checkpoints, "--workers", workers.ToString(CultureInfo.InvariantCulture));
        await evaluation.WritesAsync("reading", Scenario.Patience);

        evaluation.Signal(Enum.Parse<Signal>(signal));

        // All of its batches would take ten minutes.
        Assert.Equal(exitCode, await evaluation.EndsAsync(Scenario.Patience));
        Assert.Equal("reading\nxor: stopping, without a result; a second signal ends at once\n", evaluation.Text);
    }, heldEpoch: null);
}
