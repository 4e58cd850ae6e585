using Cluster.Train.Coordination;
using Cluster.Train.Exchange;
using Cluster.Train.Exchange.Peers;
using Cluster.Train.Membership;
using Cluster.Train.Reduction;

namespace Cluster.Train.Tests.Exchange.Tcp;

/// <summary>Rosters whose members listen on loopback.</summary>
internal static class TcpRosters
{
    internal const int Shards = 5;

    internal static readonly string Secret = new('5', 64);

    /// <summary>A roster of workers and, in the coordinator topology, the coordinator.</summary>
    internal static ExchangeRoster Create(
        int workers, long length, Topology topology, float? clip, Func<int, string?> endpoint, int generation = 1, long? parameterLength = null)
    {
        var candidates = Enumerable.Range(0, workers).Select(rank => new Candidate($"id-{rank}", $"worker-{rank + 1} (host-{rank})", endpoint(rank))).ToArray();
        var plan = RosterPlanner.Plan(generation, candidates, Shards, topology, length, Secret, endpoint(workers));
        return new ExchangeRoster(
            "job", generation, Shards, length, parameterLength ?? Math.Max(0, length - 3), clip is not null, Secret,
            [.. plan.Members.Select(member => new ExchangeMember(
                member.Rank, member.Name, member.Shards, member.Slice, HoldsReplica: !member.IsCoordinator, member.Endpoint))]);
    }

    /// <summary>The members that a roster of these workers has.</summary>
    internal static int Members(int workers, Topology topology) => topology == Topology.Coordinator ? workers + 1 : workers;

    internal static TensorListener[] Listeners(
        int count, TensorSecurity? security = null, Action<string>? log = null, TensorListenerLimits? limits = null) =>
        [.. Enumerable.Range(0, count).Select(_ => new TensorListener("127.0.0.1:0", security, log, limits))];

    internal static SliceOwner? Owner(ExchangeRoster roster, int rank, float? clip)
    {
        var slice = roster.Members[rank].Slice;
        TreeNode[] inputs = [.. roster.Members.SelectMany(member => ShardTree.MaximalSubtrees(roster.Shards, member.Shards))];
        return slice.Length == 0
            ? null
            : new SliceOwner(slice, roster.ParameterLength, roster.Shards, inputs, roster.Norms is null ? OptimizerSettings.Sgd(0.1f, 0.9f) : OptimizerSettings.Lamb(0.1f), _ => 0.1f, clip, norms: roster.Norms);
    }

    /// <summary>Writes a member's partial sums of a step; each shard's gradient is drawn from a seed of its own.</summary>
    internal static void WriteContributions(TensorExchange exchange, ExchangeRoster roster, int rank, int step)
    {
        var nodes = ShardTree.MaximalSubtrees(roster.Shards, roster.Members[rank].Shards);
        for (var node = 0; node < nodes.Count; node++)
        {
            SumOf(nodes[node], step, (int)roster.VectorLength).CopyTo(exchange.Contributions[node].Span(0, (int)roster.VectorLength));
        }
    }

    /// <summary>Runs each rank's work on a thread of its own, and throws what the first of them threw.</summary>
    internal static T[] OnThreads<T>(int ranks, Func<int, T> work)
    {
        var results = new T[ranks];
        var failures = new List<Exception>();
        var threads = Enumerable.Range(0, ranks).Select(rank => new Thread(() =>
        {
            try
            {
                results[rank] = work(rank);
            }
            catch (Exception error)
            {
                lock (failures)
                {
                    failures.Add(error);
                }
            }
        })).ToArray();
        foreach (var thread in threads)
        {
            // One that hangs must fail its test, not keep the test process.
            thread.IsBackground = true;
            thread.Start();
        }

        Assert.All(threads, thread => Assert.True(thread.Join(TimeSpan.FromMinutes(2)), "a rank never came to an end"));
        return failures.Count == 0 ? results : throw failures[0];
    }

    private static float[] SumOf(TreeNode node, int step, int length)
    {
        if (node.End - node.First == 1)
        {
            var random = new Random((step * 1000) + node.First);
            var values = new float[length];
            for (var index = 0; index < length; index++)
            {
                values[index] = random.NextSingle() - 0.5f;
            }

            return values;
        }

        var middle = ShardTree.Middle(node);
        var sum = SumOf(node with { End = middle }, step, length);
        var right = SumOf(node with { First = middle }, step, length);
        for (var index = 0; index < length; index++)
        {
            sum[index] += right[index];
        }

        return sum;
    }
}
