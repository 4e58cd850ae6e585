using Cluster.Train.Faults;

namespace Cluster.Train.Tests.Faults;

public sealed class FaultPlanTests
{
    private static readonly string[] Members = ["worker-1", "worker-2", PlannedFault.Coordinator];

    [Fact]
    public void A_seed_gives_the_same_plan_again()
    {
        Assert.Equal(FaultPlan.Generate(7, Members, 24).ToString(), FaultPlan.Generate(7, Members, 24).ToString());
        Assert.NotEqual(FaultPlan.Generate(7, Members, 24).ToString(), FaultPlan.Generate(8, Members, 24).ToString());
    }

    [Fact]
    public void A_thousand_plans_strike_every_member_in_every_phase_in_every_way()
    {
        var faults = Enumerable.Range(0, 1000).SelectMany(seed => FaultPlan.Generate(seed, Members, 24).Faults).ToArray();

        Assert.Equal(
            Members.Length * Enum.GetValues<FaultPhase>().Length * Enum.GetValues<FaultAction>().Length,
            faults.Select(fault => (fault.Member, fault.Phase, fault.Action)).Distinct().Count());
        Assert.All(faults, fault => Assert.InRange(fault.Step, 0, 23));
    }

    [Fact]
    public void No_fault_of_a_plan_for_real_time_lasts_longer_than_is_asked_for()
    {
        var limit = TimeSpan.FromSeconds(1);
        var faults = Enumerable.Range(0, 100).SelectMany(seed => FaultPlan.Generate(seed, Members, 24, longest: limit).Faults).ToArray();

        Assert.All(faults, fault => Assert.InRange(fault.Duration, TimeSpan.FromMilliseconds(1), limit));
        Assert.Throws<ArgumentOutOfRangeException>(() => FaultPlan.Generate(1, Members, 24, longest: Timeout.InfiniteTimeSpan));
    }

    [Theory]
    [InlineData("worker-4", FaultAction.Fail, "the plan strikes worker-4; this run has worker-1 to worker-3 and coordinator")]
    [InlineData("worker-3", FaultAction.Delay, "'delay worker-3 at step 0 in Join for good' has no duration that can be waited for; a delay needs an end")]
    public async Task A_plan_that_a_run_cannot_carry_out_is_refused(string member, FaultAction action, string message)
    {
        var plan = FaultPlan.Of(new PlannedFault(member, 0, FaultPhase.Join, action, Timeout.InfiniteTimeSpan));

        var error = await Assert.ThrowsAsync<ArgumentException>(() => new FaultyRun().RunAsync(plan));

        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_says_in_one_line_what_it_does()
    {
        var plan = FaultPlan.Of(
            new PlannedFault("worker-2", 7, FaultPhase.Broadcast, FaultAction.Hang, TimeSpan.FromSeconds(1.5)),
            new PlannedFault("worker-1", 0, FaultPhase.Join, FaultAction.Fail, TimeSpan.Zero),
            new PlannedFault("worker-1", 3, FaultPhase.Seal, FaultAction.Cut, Timeout.InfiniteTimeSpan));

        Assert.Equal("hang worker-2 at step 7 in Broadcast for 1.5 s; fail worker-1 at step 0 in Join; cut worker-1 at step 3 in Seal for good", $"{plan}");
        Assert.StartsWith("plan 5: ", $"{FaultPlan.Generate(5, Members, 24)}", StringComparison.Ordinal);
    }

    [Fact]
    public void A_fault_strikes_once_at_its_step_or_the_first_one_after()
    {
        var fault = new PlannedFault("worker-2", 7, FaultPhase.Lease, FaultAction.Drop, TimeSpan.Zero);
        var injector = new FaultInjector(FaultPlan.Of(fault));

        Assert.Null(injector.Take("worker-2", FaultPhase.Lease, 6));
        Assert.Null(injector.Take("worker-1", FaultPhase.Lease, 8));
        Assert.Null(injector.Take("worker-2", FaultPhase.Seal, 8));
        Assert.Same(fault, injector.Take("worker-2", FaultPhase.Lease, 9));
        Assert.Null(injector.Take("worker-2", FaultPhase.Lease, 9));
        Assert.Same(fault, Assert.Single(injector.Struck));
    }
}
