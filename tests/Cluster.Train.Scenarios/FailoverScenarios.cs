using Xunit.Abstractions;

namespace Cluster.Train.Scenarios;

/// <summary>Coordinators that die: another goes on from what the workers hold.</summary>
public sealed class FailoverScenarios(ITestOutputHelper output)
{
    private static readonly IReadOnlyList<string> Job = Scenario.Job;

    [Fact]
    public Task The_coordinator_is_killed_twice_and_the_result_is_the_same() => Scenario.RunAsync(output, async cluster =>
    {
        int[] seeds = [Scenario.FreePort(), Scenario.FreePort()];
        var first = cluster.Coordinator(Job, 3, seeds[0], seeds);
        await first.WritesAsync("waiting for 3 workers", Scenario.Patience);
        var second = cluster.Coordinator(Job, 3, seeds[1], seeds);
        await second.WritesAsync("standing by", Scenario.Patience);
        var workers = cluster.Workers(3, seeds);
        await Scenario.ReachesAsync(first, Scenario.HeldAt);

        first.Kill();

        await second.WritesAsync("taking over[^$]*generation 2: 3 workers", Scenario.Patience);
        await first.EndsAsync(Scenario.Patience);
        var third = cluster.Coordinator(Job, 3, seeds[0], seeds);
        await third.WritesAsync("standing by", Scenario.Patience);
        second.Kill();

        await third.WritesAsync("taking over[^$]*generation 3: 3 workers", Scenario.Patience);
        await cluster.EndsLikeOneProcessAsync(Job, third, seeds[0], workers);
    });

    [Fact]
    public Task A_coordinator_that_is_terminated_hands_over_and_no_worker_ends() => Scenario.RunAsync(output, async cluster =>
    {
        int[] seeds = [Scenario.FreePort(), Scenario.FreePort()];
        var first = cluster.Coordinator(Job, 2, seeds[0], seeds, "--hand-over");
        await first.WritesAsync("waiting for 2 workers", Scenario.Patience);
        var second = cluster.Coordinator(Job, 2, seeds[1], seeds, "--hand-over");
        await second.WritesAsync("standing by", Scenario.Patience);
        var workers = cluster.Workers(2, seeds);
        await Scenario.ReachesAsync(first, Scenario.HeldAt);

        first.Signal(Signal.Terminate);

        Assert.Equal(143, await first.EndsAsync(Scenario.Patience));
        await second.WritesAsync("taking over[^$]*generation 2: 2 workers", Scenario.Patience);
        await cluster.EndsLikeOneProcessAsync(Job, second, seeds[1], workers);
    });
}
