using System.Diagnostics;
using System.Text.RegularExpressions;
using Cluster.Train.Scenarios.Chaos;
using Xunit.Abstractions;

namespace Cluster.Train.Scenarios;

/// <summary>Long ones, run by hand: each goes on for the whole duration of <c>./test.sh --soak DURATION</c>.</summary>
public sealed class SoakScenarios(ITestOutputHelper output)
{
    /// <summary>What nodes write about others that they have lost, Akka's own words among them.</summary>
    private const string Alarm = @"generation \d+ ends|ended unexpectedly|has ended|is put out|does not answer|lost its place|taking over|joining again|Marking node\(s\) as UNREACHABLE";

    /// <summary>By default they are kept back.</summary>
    private static readonly string[] AkkasWords = ["--log-level", "info"];

    [SkippableFact]
    public async Task Chaos_run_after_run()
    {
        var duration = Soak.Duration();
        var began = Stopwatch.GetTimestamp();
        var sum = new ChaosReport();
        do
        {
            sum.Add(await ChaosScenario.RunAsync(output, Random.Shared.Next()));
            output.WriteLine($"{sum}");
        }
        while (Stopwatch.GetElapsedTime(began) < duration);
    }

    [SkippableFact]
    public Task Calm_without_a_false_alarm() => Scenario.RunAsync(output, async cluster =>
    {
        var duration = Soak.Duration();
        var coordinators = await CoordinatorPair.StartAsync(cluster, MnistJob.Of(epochs: 1_000_000), MnistJob.Workers, AkkasWords);
        await using var journal = new JournalWatch(coordinators.Ports.Select(cluster.Journal));
        var workers = Enumerable.Range(1, MnistJob.Workers).Select(worker => cluster.Worker($"w{worker}", coordinators.Ports, [.. MnistJob.Data, .. AkkasWords])).ToArray();
        var active = coordinators.Active!;
        await Scenario.ReachesAsync(active, MnistJob.StepsPerEpoch);

        await Task.Delay(duration);

        Assert.Equal([1], journal.FirstNewSteps.Select(first => first.Generation));
        foreach (var node in coordinators.All.Concat(workers))
        {
            Assert.False(node.HasExited, node.Name);
            Assert.Empty(node.Lines.Where(line => Regex.IsMatch(line.Text, Alarm, RegexOptions.NonBacktracking)).Select(line => $"{node.Name}: {line.Text}"));
        }

        output.WriteLine($"{duration} without an alarm: {journal.LastStep} steps, generation 1");
        active.Signal(Signal.Interrupt);
        Assert.Equal(130, await active.EndsAsync(Scenario.Patience));
    }, ChaosScenario.LastLines, heldEpoch: null);
}
