using Xunit.Abstractions;

namespace Cluster.Train.Scenarios;

/// <summary>Workers that die, hang, come and go: the result is that of one process.</summary>
public sealed class WorkerScenarios(ITestOutputHelper output)
{
    private static readonly IReadOnlyList<string> Job = Scenario.Job;

    [Theory]
    [InlineData("coordinator")]
    [InlineData("sharded")]
    public Task A_worker_that_is_killed_does_not_change_the_result(string topology) => Scenario.RunAsync(output, async cluster =>
    {
        var port = Scenario.FreePort();
        var coordinator = cluster.Coordinator(Job, 3, port, null, "--topology", topology);
        var workers = cluster.Workers(3, port);
        await Scenario.ReachesAsync(coordinator, Scenario.HeldAt);

        await cluster.KillAsync(coordinator, workers[1]);

        var summary = await cluster.EndsLikeOneProcessAsync(Job, coordinator, port, workers[0], workers[2]);
        Assert.Equal(1, summary.GetProperty("recoveries").GetInt32());
    });

    [Fact]
    public Task All_workers_are_killed_and_others_go_on_from_the_checkpoint() => Scenario.RunAsync(output, async cluster =>
    {
        var port = Scenario.FreePort();
        var coordinator = cluster.Coordinator(Job, 3, port, null, "--topology", "sharded", "--checkpoint-dir", cluster.Checkpoints, "--checkpoint-every", "50");
        foreach (var worker in await KillableAsync()) worker.Kill();

        var others = cluster.Workers(2, port);

        await coordinator.WritesAsync("returning to the checkpoint of step", Scenario.Patience);
        await cluster.EndsLikeOneProcessAsync(Job, coordinator, port, others);

        async Task<Node[]> KillableAsync()
        {
            var workers = cluster.Workers(3, port);
            await Scenario.ReachesAsync(coordinator, Scenario.HeldAt);
            return workers;
        }
    });

    [Fact]
    public Task Workers_that_join_and_leave_cost_no_step() => Scenario.RunAsync(output, async cluster =>
    {
        var port = Scenario.FreePort();
        var coordinator = cluster.Coordinator(Job, 2, port);
        var workers = cluster.Workers(2, port);
        await Scenario.ReachesAsync(coordinator, Scenario.HeldAt);
        var joins = cluster.Workers(1, port);
        await coordinator.WritesAsync("generation 2: 3 workers", Scenario.Patience);

        workers[0].Signal(Signal.Terminate);

        Assert.Equal(143, await workers[0].EndsAsync(Scenario.Patience));
        var summary = await cluster.EndsLikeOneProcessAsync(Job, coordinator, port, [workers[1], .. joins]);
        Assert.Equal((0, 0), (summary.GetProperty("recoveries").GetInt32(), summary.GetProperty("replayedSteps").GetInt32()));
    });

    [Fact]
    public Task A_worker_that_hangs_is_put_out_and_comes_back() => Scenario.RunAsync(output, async cluster =>
    {
        var port = Scenario.FreePort();
        var coordinator = cluster.Coordinator(Job, 3, port, null, "--step-timeout", "5s");
        var workers = cluster.Workers(3, port);
        await Scenario.ReachesAsync(coordinator, Scenario.HeldAt);

        var from = coordinator.Text.Length;
        workers[1].Signal(Signal.Stop);
        var without = await coordinator.WritesAsync(@"generation \d+: 2 workers", Scenario.Patience, from);
        workers[1].Signal(Signal.Continue);

        await coordinator.WritesAsync(@"generation \d+: 3 workers", Scenario.Patience, without.Index);
        await cluster.EndsLikeOneProcessAsync(Job, coordinator, port, workers);
    });
}
