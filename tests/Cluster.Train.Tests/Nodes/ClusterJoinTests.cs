using Cluster.Train.Nodes;

namespace Cluster.Train.Tests.Nodes;

public sealed class ClusterJoinTests
{
    private static readonly HostPort A = new("a", 1), B = new("b", 1), W = new("w", 1);

    [Fact]
    public void A_coordinator_without_other_seeds_begins_at_once()
    {
        Assert.Equal(ClusterJoin.Way.Begin, ClusterJoin.Next(NodeRole.Coordinator, A, [], TimeSpan.Zero, seedListens: false));
        Assert.Equal(ClusterJoin.Way.Begin, ClusterJoin.Next(NodeRole.Coordinator, A, [A], TimeSpan.Zero, seedListens: false));
    }

    [Fact]
    public void A_later_seed_begins_only_when_no_other_answers()
    {
        Assert.Equal(ClusterJoin.Way.AskSeeds, ClusterJoin.Next(NodeRole.Coordinator, B, [A, B], TimeSpan.Zero, seedListens: false));
        Assert.Equal(ClusterJoin.Way.AskSeeds, ClusterJoin.Next(NodeRole.Coordinator, B, [A, B], ClusterJoin.Patience / 2, seedListens: false));
        Assert.Equal(ClusterJoin.Way.Begin, ClusterJoin.Next(NodeRole.Coordinator, B, [A, B], ClusterJoin.Patience, seedListens: false));
    }

    [Fact]
    public void A_later_seed_waits_longer_for_one_that_listens_and_not_for_ever()
    {
        Assert.Equal(ClusterJoin.Way.AskSeeds, ClusterJoin.Next(NodeRole.Coordinator, B, [A, B], ClusterJoin.Patience, seedListens: true));
        Assert.Equal(ClusterJoin.Way.Begin, ClusterJoin.Next(NodeRole.Coordinator, B, [A, B], ClusterJoin.PatienceWithListener, seedListens: true));
    }

    [Fact]
    public void The_first_seed_waits_longer_where_another_listens()
    {
        var first = TestCluster.Options(NodeRole.Coordinator, A, B) with { Advertise = A, AnotherSeedListens = true };

        Assert.Equal(TimeSpan.FromSeconds(60), Patience(first));
        Assert.Equal(TimeSpan.FromSeconds(3), Patience(first with { AnotherSeedListens = false }));
        Assert.Equal(TimeSpan.FromSeconds(3), Patience(first with { Advertise = B }));
        Assert.Equal(TimeSpan.FromSeconds(3), Patience(first with { Role = NodeRole.Worker }));

        static TimeSpan Patience(NodeOptions options) => NodeConfig.Of(options).GetTimeSpan("akka.cluster.seed-node-timeout");
    }

    [Fact]
    public void Who_is_no_seed_never_begins()
    {
        Assert.Equal(ClusterJoin.Way.AskSeeds, ClusterJoin.Next(NodeRole.Coordinator, W, [A, B], TimeSpan.FromDays(1), seedListens: false));
        Assert.Equal(ClusterJoin.Way.AskSeeds, ClusterJoin.Next(NodeRole.Worker, W, [W], TimeSpan.FromDays(1), seedListens: false));
    }
}
