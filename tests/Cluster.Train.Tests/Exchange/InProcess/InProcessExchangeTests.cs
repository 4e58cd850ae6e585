using Cluster.Train.Exchange;
using Cluster.Train.Exchange.InProcess;
using Cluster.Train.Membership;
using Cluster.Train.Reduction;

namespace Cluster.Train.Tests.Exchange.InProcess;

public sealed class InProcessExchangeTests
{
    private const int Steps = 4;

    public static TheoryData<int, int, Topology, float?> Cases
    {
        get
        {
            var cases = new TheoryData<int, int, Topology, float?>();
            foreach (var topology in new[] { Topology.Sharded, Topology.Coordinator })
            {
                foreach (var clip in new float?[] { null, 0.5f })
                {
                    foreach (var length in new[] { 17, 50_001 })
                    {
                        for (var workers = 1; workers <= 4; workers++)
                        {
                            cases.Add(workers, length, topology, clip);
                        }
                    }
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Any_number_of_members_gives_the_bits_of_one(int workers, int length, Topology topology, float? clip) =>
        Assert.Equal(Train(1, length, Topology.Sharded, clip), Train(workers, length, topology, clip));

    [Fact]
    public void A_member_that_leaves_frees_the_others()
    {
        var roster = Roster(2, 17, Topology.Sharded, clip: null);
        var hub = new InProcessExchangeHub();
        using var stays = hub.Join(roster, 0, Owner(roster, 0, clip: null), TimeSpan.FromMinutes(5));
        var leaves = hub.Join(roster, 1, owner: null, TimeSpan.FromMinutes(5));

        leaves.Dispose();

        Assert.Throws<ExchangeAbortedException>(() => stays.Run(0));
    }

    private static float[] Train(int workers, int length, Topology topology, float? clip)
    {
        var roster = Roster(workers, length, topology, clip);
        var hub = new InProcessExchangeHub();
        float[] result = [];
        var failures = new List<Exception>();
        var threads = roster.Members.Select(member => new Thread(() =>
        {
            try
            {
                using var exchange = hub.Join(roster, member.Rank, Owner(roster, member.Rank, clip), TimeSpan.FromSeconds(30));
                var nodes = ShardTree.MaximalSubtrees(roster.Shards, member.Shards);
                for (var step = 0; step < Steps; step++)
                {
                    for (var node = 0; node < nodes.Count; node++)
                    {
                        SumOf(nodes[node], step, length).CopyTo(exchange.Contributions[node].Span(0, length));
                    }

                    exchange.Run(step);
                }

                if (member.Rank == 0)
                {
                    result = exchange.Parameters.Span(0, length).ToArray();
                }
            }
            catch (Exception error)
            {
                lock (failures)
                {
                    failures.Add(error);
                }
            }
        })).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());

        // Whoever leaves first ends the generation; the others have done all their steps by then.
        Assert.Empty(failures);
        return result;
    }

    /// <summary>The sum of a node's shards in tree order; each shard's gradient is drawn from a seed of its own.</summary>
    private static float[] SumOf(TreeNode node, int step, int length)
    {
        if (node.End - node.First == 1)
        {
            var random = new Random((step * 1000) + node.First);
            return [.. Enumerable.Range(0, length).Select(_ => (float)(random.NextDouble() - 0.5))];
        }

        var middle = ShardTree.Middle(node);
        return [.. SumOf(node with { End = middle }, step, length).Zip(SumOf(node with { First = middle }, step, length), (left, right) => left + right)];
    }

    private static ExchangeRoster Roster(int workers, int length, Topology topology, float? clip)
    {
        const int shards = 4;
        var candidates = Enumerable.Range(0, workers).Select(number => new Candidate($"id-{number}", $"worker-{number}", Endpoint: null)).ToArray();
        var roster = RosterPlanner.Plan(1, candidates, shards, topology, length, "", coordinatorEndpoint: null);
        return new ExchangeRoster(
            "job", 1, shards, length, length - 3, clip is not null, Secret: "",
            [.. roster.Members.Select(member => new ExchangeMember(
                member.Rank, member.Name, member.Shards, member.Slice, HoldsReplica: !member.IsCoordinator, Endpoint: null))]);
    }

    private static SliceOwner? Owner(ExchangeRoster roster, int rank, float? clip)
    {
        var slice = roster.Members[rank].Slice;
        TreeNode[] inputs = [.. roster.Members.SelectMany(member => ShardTree.MaximalSubtrees(roster.Shards, member.Shards))];
        return slice.Length == 0
            ? null
            : new SliceOwner(slice, roster.ParameterLength, roster.Shards, inputs, OptimizerSettings.Sgd(0.1f, 0.9f), _ => 0.1f, clip);
    }
}
