using Xunit.Abstractions;

namespace Cluster.Train.Scenarios;

/// <summary>An option that a task got after jobs of it were trained: it is in a job only where it is not the default.</summary>
public sealed class OptionScenarios(ITestOutputHelper output)
{
    private static readonly IReadOnlyList<string> Job = [.. Scenario.Job, "--start", "halved"];

    [Fact]
    public Task Workers_take_it_from_the_job() => Scenario.RunAsync(output, async cluster =>
    {
        var port = Scenario.FreePort();
        var coordinator = cluster.Coordinator(Job, 2, port);

        await EndsLikeOneProcessAsync(cluster, coordinator, port, cluster.Workers(2, port));
    });

    [Fact]
    public Task Every_node_may_be_given_it_and_a_successor_goes_on_with_it() => Scenario.RunAsync(output, async cluster =>
    {
        var (first, second) = (Scenario.FreePort(), Scenario.FreePort());
        int[] seeds = [first, second];
        var coordinator = cluster.Coordinator(Job, 2, first, seeds);
        await coordinator.WritesAsync("waiting for 2 workers", Scenario.Patience);
        var standby = cluster.Coordinator(Job, 2, second, seeds);
        await standby.WritesAsync("standing by", Scenario.Patience);
        Node[] workers = [.. Enumerable.Range(1, 2).Select(number => cluster.Program(
            $"worker {number}", Node.Executable, new Dictionary<string, string> { ["CLUSTER_TRAIN_START"] = "halved", ["CLUSTER_TRAIN_TEST_HOLD"] = cluster.Hold! },
            "worker", "--listen", "127.0.0.1:0", "--name", $"w{number}", "--seed-node", $"127.0.0.1:{first},127.0.0.1:{second}"))];
        await Scenario.ReachesAsync(coordinator, Scenario.HeldAt);

        coordinator.Kill();
        await standby.WritesAsync("taking over", Scenario.Patience);

        await EndsLikeOneProcessAsync(cluster, standby, second, workers);
    });

    // It decides the bits, or the same ones would tell nothing.
    private static async Task EndsLikeOneProcessAsync(Scenario cluster, Node coordinator, int port, Node[] workers)
    {
        var result = await cluster.EndsLikeOneProcessAsync(Job, coordinator, port, workers);
        Assert.NotEqual(await References.Of(Scenario.Job), result.GetProperty("parametersSha256").GetString());
    }
}
