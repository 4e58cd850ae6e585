using Cluster.Train.Coordination;
using Cluster.Train.Membership;
using Cluster.Train.Reduction;

namespace Cluster.Train.Tests.Coordination;

public sealed class RosterPlannerTests
{
    [Theory]
    [InlineData(1, 4)]
    [InlineData(2, 4)]
    [InlineData(3, 4)]
    [InlineData(4, 4)]
    [InlineData(5, 17)]
    public void Sharded_members_cover_all_shards_and_the_whole_vector_in_order(int workers, int shards)
    {
        const long length = 1_000_003;
        var roster = RosterPlanner.Plan(3, Candidates(workers), shards, Topology.Sharded, length, "", coordinatorEndpoint: null);

        Assert.Equal(3, roster.Generation);
        Assert.Equal(workers, roster.Members.Length);
        var shard = 0;
        long position = 0;
        foreach (var member in roster.Members)
        {
            Assert.Equal(shard, member.Shards.First);
            Assert.NotEqual(0, member.Shards.Count);
            Assert.Equal(position, member.Slice.Start);
            (shard, position) = (member.Shards.End, member.Slice.End);
        }

        Assert.Equal(shards, shard);
        Assert.Equal(length, position);
    }

    [Fact]
    public void In_the_coordinator_topology_the_coordinator_is_last_and_owns_everything()
    {
        var roster = RosterPlanner.Plan(1, Candidates(2), 2, Topology.Coordinator, 17, "", "host:1");

        var last = roster.Members[^1];
        Assert.True(last.IsCoordinator);
        Assert.Equal(new VectorSlice(0, 17), last.Slice);
        Assert.Equal(0, last.Shards.Count);
        Assert.Equal("host:1", last.Endpoint);
        Assert.All(roster.Workers, worker => Assert.Equal(0, worker.Slice.Length));
    }

    [Fact]
    public void More_workers_than_shards_are_not_planned_for() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => RosterPlanner.Plan(1, Candidates(3), 2, Topology.Sharded, 17, "", coordinatorEndpoint: null));

    [Theory]
    [InlineData(Topology.Coordinator, Topology.Coordinator)]
    [InlineData(Topology.Sharded, Topology.Sharded)]
    [InlineData(Topology.Auto, Topology.Sharded)]
    public void Auto_leaves_the_parameters_to_the_workers(Topology asked, Topology expected) =>
        Assert.Equal(expected, RosterPlanner.Resolve(asked));

    private static Candidate[] Candidates(int count) =>
        [.. Enumerable.Range(0, count).Select(number => new Candidate($"id-{number}", $"worker-{number}", Endpoint: null))];
}
