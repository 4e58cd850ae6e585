using Cluster.Train.Coordination;
using Cluster.Train.Exchange;
using Cluster.Train.Membership;
using Cluster.Train.Reduction;

namespace Cluster.Train.Tests.Exchange;

/// <summary>Trains on made-up gradients with each member on a thread of its own, through whatever exchange.</summary>
internal static class ExchangeRun
{
    internal static readonly TimeSpan StepTimeout = TimeSpan.FromSeconds(60);

    internal static ExchangeRoster Roster(int workers, int shards, int length, Topology topology, float? clip)
    {
        var candidates = Enumerable.Range(0, workers).Select(number => new Candidate($"id-{number}", $"worker-{number}", Endpoint: null)).ToArray();
        var roster = RosterPlanner.Plan(1, candidates, shards, topology, length, "", coordinatorEndpoint: null);
        return new ExchangeRoster(
            "job", 1, shards, length, Math.Max(0, length - 3), clip is not null, Secret: "",
            [.. roster.Members.Select(member => new ExchangeMember(
                member.Rank, member.Name, member.Shards, member.Slice, HoldsReplica: !member.IsCoordinator, Endpoint: null))]);
    }

    /// <summary>The same with a rule that needs norms of tensors: one of a few values, one that ends within a block, and the rest.</summary>
    internal static ExchangeRoster WithNorms(ExchangeRoster roster)
    {
        long[] ends = [roster.ParameterLength / 100, roster.ParameterLength / 3, roster.ParameterLength];
        return roster with
        {
            NeedsTotals = true,
            Norms = new TensorNorms(ends.Zip(ends.Prepend(0), (end, start) => new GroupSpan(new VectorSlice(start, end), ParameterGroup.Default))),
        };
    }

    internal static SliceOwner? Owner(ExchangeRoster roster, int rank, float? clip)
    {
        var slice = roster.Members[rank].Slice;
        TreeNode[] inputs = [.. roster.Members.SelectMany(member => ShardTree.MaximalSubtrees(roster.Shards, member.Shards))];
        return slice.Length == 0
            ? null
            : new SliceOwner(slice, roster.ParameterLength, roster.Shards, inputs, roster.Norms is null ? OptimizerSettings.Sgd(0.1f, 0.9f) : OptimizerSettings.Lamb(0.1f), _ => 0.1f, clip, norms: roster.Norms);
    }

    /// <summary>Runs some steps.</summary>
    /// <returns>By rank, the parameters at the end; empty for a member that holds no replica.</returns>
    internal static float[][] Train(ExchangeRoster roster, int steps, float? clip, Func<int, SliceOwner?, TensorExchange> join) =>
        Train(roster, steps, rank => join(rank, Owner(roster, rank, clip)));

    /// <summary>The same, with owners of the caller's.</summary>
    internal static float[][] Train(ExchangeRoster roster, int steps, Func<int, TensorExchange> join)
    {
        var results = new float[roster.Members.Length][];
        var length = (int)roster.VectorLength;
        using var done = new Barrier(roster.Members.Length);
        OnThreads(roster.Members.Length, rank =>
        {
            var member = roster.Members[rank];
            using var exchange = join(rank);
            var nodes = ShardTree.MaximalSubtrees(roster.Shards, member.Shards);
            for (var step = 0; step < steps; step++)
            {
                for (var node = 0; node < nodes.Count; node++)
                {
                    exchange.Contributions[node].Write(0, SumOf(nodes[node], step, length));
                    if (roster.WeightPosition is { } position)
                    {
                        exchange.Contributions[node].Write(position, [1.5f * (nodes[node].End - nodes[node].First)]);
                    }
                }

                exchange.Run(step);
            }

            results[rank] = member.HoldsReplica ? exchange.Parameters.Read(0, length).ToArray() : [];
            // Whoever leaves ends the generation for all.
            done.SignalAndWait(StepTimeout);
        });
        return results;
    }

    /// <summary>Does something on a thread for each rank, and fails with the first failure.</summary>
    internal static void OnThreads(int ranks, Action<int> action)
    {
        var failures = new List<Exception>();
        var threads = Enumerable.Range(0, ranks).Select(rank => new Thread(() =>
        {
            try
            {
                action(rank);
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
        Assert.Empty(failures);
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
}
