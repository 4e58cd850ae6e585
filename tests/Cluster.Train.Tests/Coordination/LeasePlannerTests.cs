using Cluster.Train.Coordination;

namespace Cluster.Train.Tests.Coordination;

public sealed class LeasePlannerTests
{
    [Fact]
    public void The_first_lease_is_one_step() => Assert.Equal(1, LeasePlanner.Length(0, 0, secondsPerStep: null, boundary: 1000));

    [Fact]
    public void Leases_grow_at_most_eightfold_towards_a_quarter_of_a_second()
    {
        Assert.Equal(8, LeasePlanner.Length(1, 1, 0.0001, boundary: 100_000));
        Assert.Equal(2500, LeasePlanner.Length(9, 2000, 0.0001, boundary: 100_000));
    }

    [Fact]
    public void A_slow_step_is_a_lease_of_its_own() => Assert.Equal(1, LeasePlanner.Length(5, 1, 10.0, boundary: 100));

    [Fact]
    public void A_lease_never_crosses_a_boundary() => Assert.Equal(3, LeasePlanner.Length(97, 1000, 0.0001, boundary: 100));

    [Theory]
    [InlineData(0, 20, 20)]
    [InlineData(19, 20, 20)]
    [InlineData(20, 20, 40)]
    [InlineData(95, 20, 99)]
    public void The_boundary_is_the_next_checkpoint_or_the_end(long next, long every, long expected) =>
        Assert.Equal(expected, LeasePlanner.Boundary(next, totalSteps: 99, every));

    [Fact]
    public void Without_checkpoints_the_end_is_the_only_boundary() =>
        Assert.Equal(99, LeasePlanner.Boundary(3, totalSteps: 99, checkpointEvery: null));
}
