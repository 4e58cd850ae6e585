using Xunit.Abstractions;

namespace Cluster.Train.Scenarios;

/// <summary>Jobs that end before they are done: by a person, or for lack of workers.</summary>
public sealed class StopScenarios(ITestOutputHelper output)
{
    private static readonly IReadOnlyList<string> Job = Scenario.Job;

    [Theory]
    [InlineData("coordinator")]
    [InlineData("sharded")]
    public Task A_job_that_was_stopped_goes_on_with_fewer_workers_to_the_same_result(string topology) => Scenario.RunAsync(output, async cluster =>
    {
        var port = Scenario.FreePort();
        string[] options = ["--topology", topology, "--checkpoint-dir", cluster.Checkpoints, "--checkpoint-every", "4000"];
        var coordinator = cluster.Coordinator(Job, 3, port, null, options);
        var workers = cluster.Workers(3, port);
        await Scenario.ReachesAsync(coordinator, Scenario.HeldAt);

        coordinator.Signal(Signal.Interrupt);

        Assert.Equal(130, await coordinator.EndsAsync(Scenario.Patience));
        foreach (var worker in workers) Assert.Equal(0, await worker.EndsAsync(Scenario.Patience));
        var again = Scenario.FreePort();
        var second = cluster.Coordinator(Job, 2, again, null, [.. options, "--resume"]);
        await cluster.EndsLikeOneProcessAsync(Job, second, again, cluster.Workers(2, again));
    });

    [Fact]
    public Task A_job_that_lacks_workers_says_so_and_ends() => Scenario.RunAsync(output, async cluster =>
    {
        var port = Scenario.FreePort();
        var coordinator = cluster.Coordinator(
            Job, 2, port, null, "--min-workers", "2", "--join-timeout", "30s", "--checkpoint-dir", cluster.Checkpoints, "--checkpoint-every", "100");
        var workers = cluster.Workers(2, port);
        await Scenario.ReachesAsync(coordinator, Scenario.HeldAt);

        workers[1].Kill();

        await coordinator.WritesAsync("waiting for 2 workers; 1 is ready", Scenario.Patience);
        Assert.Equal(1, await coordinator.EndsAsync(Scenario.Patience));
        Assert.Equal(1, await workers[0].EndsAsync(Scenario.Patience));
        Assert.NotEmpty(Directory.GetDirectories(cluster.Checkpoints));
    });
}
