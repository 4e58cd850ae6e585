using Cluster.Train.Faults;
using Cluster.Train.Verification;

namespace Cluster.Train.Tests.Verification;

public sealed class PlannedStrikeTests
{
    public static TheoryData<int> Workers { get; } = [1, 2, 3, 4];

    [Theory]
    [MemberData(nameof(Workers))]
    public void Every_fault_strikes_within_the_steps_that_are_given(int workers) => Assert.All(Enumerable.Range(1, 60), steps =>
    {
        var strike = PlannedStrike.Of(workers, steps);

        Assert.NotEmpty(strike.Plan.Faults);
        Assert.InRange(strike.SnapshotEvery, 1, 5);
        Assert.All(strike.Plan.Faults, fault => Assert.InRange(fault.Step, 0, steps - 1));
        if (strike.Plan.Faults.FirstOrDefault(fault => fault.Member == PlannedFault.Coordinator) is not { } coordinator)
        {
            Assert.Equal(1, steps);
            return;
        }

        // The last lease begins where the last snapshot before the end is taken, or later.
        Assert.InRange(coordinator.Step, 0, steps - strike.SnapshotEvery);
        if (workers > 1)
        {
            // A lease waits for the snapshot before it where every step has one; otherwise one lease before it may be out.
            var worker = strike.Plan.Faults.Single(fault => fault.Member == "worker-2");
            Assert.InRange(worker.Step, 0, coordinator.Step - (strike.SnapshotEvery == 1 ? 0 : strike.SnapshotEvery) - 1);
        }
    });

    [Theory]
    [MemberData(nameof(Workers))]
    public void What_a_single_step_has_no_room_for_is_told(int shards)
    {
        var told = Variant.WithoutRoom(shards, steps: 1);

        Assert.Equal(shards > 1, told.Contains(PlannedStrike.OnlyTheWorker));
        Assert.Contains(told, reason => reason.StartsWith("resumed", StringComparison.Ordinal));
        var struck = Variant.Of(shards, steps: 1, full: false, otherProcess: false).Single(variant => variant.Kind == VariantKind.Struck);
        Assert.Equal(shards > 1 ? "worker killed" : "coordinator replaced", struck.Name);
        Assert.Empty(Variant.WithoutRoom(shards, steps: 2));
    }
}
