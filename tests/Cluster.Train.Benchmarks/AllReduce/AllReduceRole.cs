using System.Diagnostics;
using System.Security.Cryptography;
using Cluster.Train.Benchmarks.Running;
using Cluster.Train.Exchange;
using Cluster.Train.Exchange.SharedMemory;
using Cluster.Train.Exchange.Tcp;
using Cluster.Train.Reduction;

namespace Cluster.Train.Benchmarks.AllReduce;

/// <summary>
/// A process that is one rank of our exchange. Says <c>endpoint HOST:PORT</c>, hears <c>peers ENDPOINT ENDPOINT…</c>;
/// then answers each <c>run FLOATS TIMES</c> with <c>took SECONDS</c> for all of them and <c>sent BYTES</c> of one, and hears <c>done</c>, until its
/// input ends.
/// A vector without parameters is summed, and nothing else: each owner its slice.
/// </summary>
internal static class AllReduceRole
{
    internal const string Name = "role-all-reduce";
    internal const string SharedMemory = "shared-memory";
    internal const string Tcp = "tcp";

    /// <summary>A place where no memory can be shared, so that the exchange falls back to TCP.</summary>
    private const string NoSharedMemory = "/dev/null";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    /// <summary>Arguments: rank, <see cref="SharedMemory"/> or <see cref="Tcp"/>.</summary>
    internal static Task RunAsync(IReadOnlyList<string> arguments)
    {
        var (rank, transport) = (int.Parse(arguments[0]), arguments[1]);
        using var listener = new TensorListener("127.0.0.1:0");
        Console.WriteLine($"endpoint {listener.Endpoint}");
        var endpoints = Console.ReadLine()?.Split(' ')[1..] ?? [];
        for (var generation = 1; Console.ReadLine() is { } line; generation++)
        {
            var words = line.Split(' ');
            var roster = Roster(endpoints, generation, int.Parse(words[1]));
            using var exchange = Join(roster, rank, transport, listener);
            Console.WriteLine($"took {Measure(exchange, roster, rank, int.Parse(words[2])):R}");
            Console.WriteLine($"sent {exchange.BytesSentInStep}");
            // Whoever leaves ends the generation for all: the next line comes when all have answered.
            if (Console.ReadLine() != "done")
            {
                break;
            }
        }

        return Task.CompletedTask;
    }

    private static ExchangeRoster Roster(string[] endpoints, int generation, int length)
    {
        var slices = SlicePlan.Cut(length, endpoints.Length);
        // Both ranks are this benchmark's own and meet on loopback: the secret need not be one.
        var secret = Convert.ToHexStringLower(SHA256.HashData(BitConverter.GetBytes(generation)));
        return new ExchangeRoster(
            "all-reduce", generation, endpoints.Length, length, ParameterLength: 0, NeedsNorm: false, secret,
            [
                .. endpoints.Select((endpoint, rank) => new ExchangeMember(
                    rank, $"rank {rank}", new ShardRange(rank, rank + 1), slices[rank], HoldsReplica: true, endpoint)),
            ]);
    }

    private static NetworkExchange Join(ExchangeRoster roster, int rank, string transport, TensorListener listener)
    {
        var slice = roster.Members[rank].Slice;
        var inputs = Enumerable.Range(0, roster.Shards).Select(shard => new TreeNode(shard, shard + 1)).ToArray();
        var owner = slice.Length == 0
            ? null
            : new SliceOwner(slice, roster.ParameterLength, roster.Shards, inputs, OptimizerSettings.Sgd(1), _ => 1, clipNorm: null) { SumsOnly = true };
        var directory = transport == Tcp ? NoSharedMemory : SharedSegment.SystemDirectory;
        var exchange = NetworkExchange.Join(roster, rank, owner, listener, Timeout, Timeout, lost: null, directory, CancellationToken.None);
        return transport == Tcp || exchange.NotShared is null
            ? exchange
            : throw new BenchmarkFailedException($"memory cannot be shared: {exchange.NotShared}");
    }

    private static double Measure(TensorExchange exchange, ExchangeRoster roster, int rank, int times)
    {
        exchange.Contributions[0].Span(0, (int)roster.VectorLength).Fill(rank + 1);
        exchange.Run(0);
        var expected = roster.Members.Length * (roster.Members.Length + 1) / 2f;
        if (exchange.Parameters.Span(0, (int)roster.VectorLength).ContainsAnyExcept(expected))
        {
            throw new BenchmarkFailedException($"the sum over {roster.VectorLength} values is wrong");
        }

        // The check took the ranks different times: they start together.
        exchange.Run(1);
        var start = Stopwatch.GetTimestamp();
        for (var step = 2; step < times + 2; step++)
        {
            exchange.Run(step);
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
