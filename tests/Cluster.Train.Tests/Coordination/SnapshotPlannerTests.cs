using Cluster.Train.Coordination;

namespace Cluster.Train.Tests.Coordination;

public sealed class SnapshotPlannerTests
{
    [Theory]
    [InlineData(9, false)]
    [InlineData(10, true)]
    [InlineData(11, true)]
    public void A_number_of_steps_that_the_user_gives_decides_alone(long steps, bool due) =>
        Assert.Equal(due, SnapshotPlanner.IsDue(every: 10, steps, secondsSince: 0, secondsLeft: 0, cost: 100));

    [Fact]
    public void Without_one_snapshots_stay_below_a_hundredth_of_the_time()
    {
        Assert.False(SnapshotPlanner.IsDue(every: null, stepsSince: 1000, secondsSince: 10, secondsLeft: 100, cost: 0.1));
        Assert.True(SnapshotPlanner.IsDue(every: null, stepsSince: 1, secondsSince: 15, secondsLeft: 100, cost: 0.1));
    }

    [Fact]
    public void Before_one_is_measured_a_large_model_waits_for_its_first_and_a_small_one_does_not()
    {
        Assert.False(SnapshotPlanner.IsDue(every: null, stepsSince: 10, secondsSince: 10, secondsLeft: 100, SnapshotPlanner.ExpectedCost(14_217_226)));
        Assert.True(SnapshotPlanner.IsDue(every: null, stepsSince: 10, secondsSince: 0.01, secondsLeft: 100, SnapshotPlanner.ExpectedCost(17)));
    }

    [Theory]
    [InlineData(7, false)]
    [InlineData(8, true)]
    public void Soon_before_the_last_one_none_is_made(double secondsLeft, bool due) =>
        Assert.Equal(due, SnapshotPlanner.IsDue(every: null, stepsSince: 1, secondsSince: 15, secondsLeft, cost: 0.1));

    [Fact]
    public void A_lease_ends_where_the_next_snapshot_is_wanted()
    {
        Assert.Equal(30, SnapshotPlanner.Boundary(next: 25, last: 20, every: 10));
        Assert.Equal(36, SnapshotPlanner.Boundary(next: 35, last: 20, every: 10));
        Assert.Equal(long.MaxValue, SnapshotPlanner.Boundary(next: 25, last: 20, every: null));
    }
}
