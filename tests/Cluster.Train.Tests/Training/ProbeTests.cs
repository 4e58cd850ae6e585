using System.Globalization;
using System.Text.RegularExpressions;

namespace Cluster.Train.Tests.Training;

/// <summary>What shows only in a process of its own; see tests/Cluster.Train.Probe.</summary>
public sealed partial class ProbeTests
{
    private static readonly string[] s_models = ["tiny", "wide", "convolution", "normalized"];

    // That the bits differ without the pin cannot be required: on some processors they do not. That MKL is pinned is asked
    // for at each start; see MklBranchTests.
    [Fact]
    public async Task Blocks_at_another_alignment_give_the_same_bits()
    {
        var expected = await BitsAsync(offset: 0);
        Assert.Equal(s_models.Length, expected.Count);
        foreach (var offset in new[] { 1, 2, 5 })
        {
            Assert.Equal(expected, await BitsAsync(offset));
        }
    }

    /// <summary>
    /// The short form of the run over 100,000 steps, which is <c>cluster-train-probe memory tiny 100000</c>.
    /// </summary>
    [Theory]
    [InlineData("tiny", 12_000)]
    [InlineData("normalized", 8_000)]
    public async Task Native_tensors_and_resident_memory_stay_where_they_were_after_a_thousand_steps(string model, int steps)
    {
        var output = await StartAsync(new Dictionary<string, string>(), "memory", model, $"{steps}");

        Assert.All(output, line => Assert.Matches(FigureLine(), line));
        var lines = output.Select(line => FigureLine().Match(line)).ToArray();
        Assert.True(lines.Length >= 4, "too few figures");
        var (first, last) = (lines[1], lines[^2]);
        Assert.True(Number(last, "step") > Number(first, "step"));
        // Sampled in the middle of a step, in which each of two workers has some dozens.
        Assert.InRange(Number(last, "tensors"), 0, Number(first, "tensors") + 100);
        Assert.InRange(Number(last, "rss"), 0, 1.05 * Number(first, "rss"));
        // A finished run leaves nothing behind. TorchSharp's counter grows by one with each parameter that is made and
        // freed (making a Parameter of a tensor counts twice), so the second run adds what the first one did.
        Assert.Equal(2 * Number(lines[0], "tensors"), Number(lines[^1], "tensors"));
    }

    /// <summary>
    /// With momentum: the parameters and the momentum, which all workers share, and a gradient for each. What is more than that is what
    /// libtorch makes and frees meanwhile; a copy of the initial or of the last state would count one each. A checkpoint on the
    /// way is one copy of the state, which is two; the last one is none.
    /// </summary>
    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 4)]
    [InlineData(3, 5)]
    [InlineData(1, 5, "checkpoint")]
    [InlineData(3, 7, "checkpoint")]
    public async Task Workers_of_one_process_hold_parameters_and_optimizer_state_once_and_a_gradient_each(int workers, int blocks, params string[] more)
    {
        var line = Assert.Single(await StartAsync(new Dictionary<string, string>(), ["blocks", $"{workers}", .. more]));

        Assert.StartsWith("blocks ", line, StringComparison.Ordinal);
        Assert.InRange(double.Parse(line["blocks ".Length..], CultureInfo.InvariantCulture), blocks - 0.5, blocks + 0.95);
    }

    [Fact]
    public async Task Finalizers_wait_while_a_model_computes_unless_they_are_let_free()
    {
        var held = Assert.Single(await StartAsync(new Dictionary<string, string>(), "finalizers"));
        var free = Assert.Single(await StartAsync(new Dictionary<string, string>(), "finalizers", "free"));

        Assert.StartsWith("task 'probe': Loss waits for finalizers", held, StringComparison.Ordinal);
        Assert.Equal("waited", free);
    }

    private static double Number(Match line, string group) => double.Parse(line.Groups[group].Value, CultureInfo.InvariantCulture);

    private static Task<IReadOnlyList<string>> BitsAsync(int offset) =>
        StartAsync(new Dictionary<string, string> { ["CLUSTER_TRAIN_TEST_BLOCK_OFFSET"] = $"{offset}" }, ["bits", .. s_models]);

    private static async Task<IReadOnlyList<string>> StartAsync(IReadOnlyDictionary<string, string> variables, params string[] args)
    {
        var run = await ChildProgram.ProbeAsync(variables, args);
        Assert.True(run.ExitCode == 0, run.Error);
        return run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    [GeneratedRegex(@"^(before|steps|after) (?<step>\d+) tensors (?<tensors>\d+) rss (?<rss>[\d.]+) MB managed [\d.]+ MB in [\d.]+ MB$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 60_000)]
    private static partial Regex FigureLine();
}
