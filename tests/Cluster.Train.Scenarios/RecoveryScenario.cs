using System.Diagnostics;
using System.Globalization;
using Cluster.Train.Scenarios.Chaos;
using Xunit.Abstractions;

namespace Cluster.Train.Scenarios;

/// <summary>How long a killed worker keeps the others from going on, at default settings.</summary>
public sealed class RecoveryScenario(ITestOutputHelper output)
{
    private const int Kills = 20;

    [SkippableFact]
    public Task The_others_go_on_soon_after_a_worker_was_killed() => Scenario.RunAsync(output, async cluster =>
    {
        var port = Scenario.FreePort();
        await using var journal = new JournalWatch(cluster.Journal(port));
        var coordinator = cluster.Coordinator(MnistJob.Of(epochs: 1_000_000), MnistJob.Workers, port, null, "--journal", cluster.Journal(port));
        var workers = new Node[MnistJob.Workers];
        var kills = new long[Kills];
        for (var worker = 0; worker < workers.Length; worker++) workers[worker] = Start(worker, 0);
        await coordinator.WritesAsync(@"epoch 1/", Scenario.Patience);

        for (var kill = 0; kill < Kills; kill++)
        {
            var from = coordinator.Text.Length;
            var victim = kill % workers.Length;
            kills[kill] = Stopwatch.GetTimestamp();
            workers[victim].Kill();
            workers[victim] = Start(victim, kill + 1);
            var loss = await coordinator.WritesAsync(Node.LossPattern, Scenario.Patience, from);
            var whole = await coordinator.WritesAsync($@"generation (\d+): {MnistJob.Workers} workers", Scenario.Patience, loss.Index);
            await journal.SeesAsync(int.Parse(whole.Groups[1].ValueSpan, CultureInfo.InvariantCulture), Scenario.Patience);
        }

        coordinator.Signal(Signal.Interrupt);
        Assert.Equal(130, await coordinator.EndsAsync(Scenario.Patience));
        var times = new RecoveryTimes();
        for (var kill = 0; kill < Kills; kill++)
        {
            times.Add(kills[kill], kill + 1 < Kills ? kills[kill + 1] : long.MaxValue, coordinator.TimesOf(Node.LossPattern), journal.FirstNewSteps.Select(first => first.At));
        }

        output.WriteLine(times.Describe("worker"));
        Assert.InRange(times.Count, 1, Kills);

        Node Start(int worker, int kill) => cluster.Worker($"w{worker + 1}-{kill}", [port], MnistJob.Data);
    }, ChaosScenario.LastLines, heldEpoch: null);
}
