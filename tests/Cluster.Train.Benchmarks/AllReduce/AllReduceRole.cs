using System.Diagnostics;
using Cluster.Train.Benchmarks.Running;
using Cluster.Train.Exchange;
using Cluster.Train.Exchange.Peers;

namespace Cluster.Train.Benchmarks.AllReduce;

/// <summary>
/// A process that is one rank of our exchange. Says <c>endpoint HOST:PORT</c>, hears <c>peers ENDPOINT ENDPOINT…</c>;
/// then answers each <c>run FLOATS TIMES</c> with <c>took SECONDS</c> for all of them and <c>sent BYTES</c> of one, and hears <c>done</c>, until its
/// input ends.
/// </summary>
internal static class AllReduceRole
{
    internal const string Name = "role-all-reduce";

    /// <summary>Arguments: rank, <see cref="SumExchange.SharedMemory"/> or <see cref="SumExchange.Tcp"/>.</summary>
    internal static Task RunAsync(IReadOnlyList<string> arguments)
    {
        var (rank, transport) = (int.Parse(arguments[0]), arguments[1]);
        using var listener = new TensorListener("127.0.0.1:0");
        Console.WriteLine($"endpoint {listener.Endpoint}");
        var endpoints = Console.ReadLine()?.Split(' ')[1..] ?? [];
        for (var generation = 1; Console.ReadLine() is { } line; generation++)
        {
            var words = line.Split(' ');
            var roster = SumExchange.Roster(endpoints, generation, int.Parse(words[1]));
            using var exchange = SumExchange.Join(roster, rank, transport, listener);
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
