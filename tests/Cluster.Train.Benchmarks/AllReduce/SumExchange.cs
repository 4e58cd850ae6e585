using System.Security.Cryptography;
using Cluster.Train.Benchmarks.Running;
using Cluster.Train.Exchange;
using Cluster.Train.Exchange.Network;
using Cluster.Train.Exchange.Peers;
using Cluster.Train.Exchange.SharedMemory;
using Cluster.Train.Reduction;

namespace Cluster.Train.Benchmarks.AllReduce;

/// <summary>Our exchange as an all-reduce: with a rule that sets each parameter to the sum, p − (−sum + p); each owner its slice.</summary>
internal static class SumExchange
{
    internal const string SharedMemory = "shared-memory";
    internal const string Tcp = "tcp";

    /// <summary>A place where no memory can be shared, so that the exchange falls back to TCP.</summary>
    private const string NoSharedMemory = "/dev/null";

    private static readonly OptimizerSettings s_setToSum = OptimizerSettings.Sgd(1) with { WeightDecay = 1, Maximize = true };

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    /// <summary>One generation of the ranks.</summary>
    /// <param name="endpoints">Where they listen, by rank.</param>
    /// <param name="generation">Its number.</param>
    /// <param name="length">Values of the vector.</param>
    internal static ExchangeRoster Roster(string[] endpoints, int generation, int length)
    {
        var slices = SlicePlan.Cut(length, endpoints.Length);
        // All ranks are this benchmark's own and meet on loopback: the secret need not be one.
        var secret = Convert.ToHexStringLower(SHA256.HashData(BitConverter.GetBytes(generation)));
        return new ExchangeRoster(
            "all-reduce", generation, endpoints.Length, length, ParameterLength: length, NeedsTotals: false, secret,
            [
                .. endpoints.Select((endpoint, rank) => new ExchangeMember(
                    rank, $"rank {rank}", new ShardRange(rank, rank + 1), slices[rank], HoldsReplica: true, endpoint)),
            ]);
    }

    /// <summary>Takes a rank's place; returns when all have.</summary>
    /// <exception cref="BenchmarkFailedException">Memory is to be shared and cannot be.</exception>
    internal static NetworkExchange Join(ExchangeRoster roster, int rank, string transport, TensorListener listener)
    {
        var slice = roster.Members[rank].Slice;
        var inputs = Enumerable.Range(0, roster.Shards).Select(shard => new TreeNode(shard, shard + 1)).ToArray();
        var owner = slice.Length == 0
            ? null
            : new SliceOwner(slice, roster.ParameterLength, roster.Shards, inputs, s_setToSum, _ => 1, clipNorm: null);
        var directory = transport == Tcp ? NoSharedMemory : SharedSegment.SystemDirectory;
        var exchange = NetworkExchange.Join(roster, rank, owner, listener, Timeout, Timeout, lost: null, directory, CancellationToken.None);
        return transport == Tcp || exchange.NotShared is null
            ? exchange
            : throw new BenchmarkFailedException($"memory cannot be shared: {exchange.NotShared}");
    }
}
