using System.Diagnostics;
using Akka.Actor;
using Cluster.Train.Actors;
using Cluster.Train.Benchmarks.AllReduce;
using Cluster.Train.Benchmarks.Running;
using Cluster.Train.Exchange;
using Cluster.Train.Exchange.Peers;
using Cluster.Train.Hosting.Surroundings;
using Cluster.Train.Nodes;
using Cluster.Train.Training;

namespace Cluster.Train.Benchmarks.Latency;

/// <summary>
/// A process that is a node of a cluster, as the program makes it, and one rank of the exchange. Says
/// <c>endpoint HOST:PORT</c> and <c>node HOST:PORT</c>, hears <c>meet SEED ENDPOINT ENDPOINT…</c>, says <c>joined</c> and
/// a word; then does each <c>phase SECONDS FLOATS</c>, where 0 floats mean no all-reduces, and says <c>sums COUNT</c>,
/// <c>trips FIGURES</c> and <c>unreachable COUNT</c>, until its input ends.
/// </summary>
internal static class LatencyRole
{
    internal const string Name = "role-latency";

    private const int Coordinator = 0;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Arguments: rank, of which the first is the coordinator's and the other asks it, and the transport.</summary>
    internal static async Task RunAsync(IReadOnlyList<string> arguments)
    {
        QuietThreadPool.Prepare();
        var (rank, transport) = (int.Parse(arguments[0]), arguments[1]);
        using var listener = new TensorListener("127.0.0.1:0");
        using var compute = new ComputeThread("compute", threads: 1, portable: false);
        Console.WriteLine($"endpoint {listener.Endpoint}");
        NodeSystem? node = null;
        try
        {
            if (rank == Coordinator)
            {
                node = Start(NodeRole.Coordinator, seeds: []);
                node.System.ActorOf(Props.Create(() => new EchoActor()).WithDispatcher(ActorSystems.Dispatcher), EchoActor.Name);
            }

            Console.WriteLine($"node {node?.Address.ToString() ?? "none"}");
            var words = Console.ReadLine()?.Split(' ')[1..] ?? [];
            var (seed, endpoints) = (HostPort.Parse(words[0], lowestPort: 1), words[1..]);
            node ??= Start(NodeRole.Worker, [seed]);
            await node.JoinAsync(CancellationToken.None);
            var unreachable = 0;
            Action count = () => Interlocked.Increment(ref unreachable);
            node.System.ActorOf(Props.Create(() => new ReachabilityWatch(count)));
            var echo = rank == Coordinator ? null : await node.System.ActorSelection(
                new RootActorPath(NodeConfig.AddressOf(seed, tls: false)) / "user" / EchoActor.Name).ResolveOne(Patience);
            Console.WriteLine("joined yes");
            for (var generation = 1; Console.ReadLine() is { } line; generation++)
            {
                words = line.Split(' ');
                var (duration, floats) = (TimeSpan.FromSeconds(double.Parse(words[1])), int.Parse(words[2]));
                var phase = new Phase(node.System, echo, duration);
                var sums = floats == 0
                    ? await phase.RestAsync()
                    : await compute.RunAsync(() => phase.Sum(SumExchange.Roster(endpoints, generation, floats), rank, transport, listener));
                Console.WriteLine($"sums {sums}");
                Console.WriteLine($"trips {(phase.Trips is { } trips ? (await trips.StopAsync()).ToLine() : "none")}");
                Console.WriteLine($"unreachable {Volatile.Read(ref unreachable)}");
            }

            node.NoteJobEnd();
        }
        finally
        {
            if (node is not null) await node.DisposeAsync();
        }
    }

    private static NodeSystem Start(NodeRole role, IReadOnlyList<HostPort> seeds) => NodeSystem.Start(new NodeOptions
    {
        Role = role,
        Listen = new HostPort("127.0.0.1", 0),
        Advertise = new HostPort("127.0.0.1", 0),
        TensorPort = 0,
        Seeds = seeds,
        JoinTimeout = Patience,
    });

    /// <summary>Some time with or without all-reduces, and questions to the other node in it where there is one to ask.</summary>
    private sealed class Phase(ActorSystem system, IActorRef? echo, TimeSpan duration)
    {
        internal RoundTrips? Trips { get; private set; }

        internal async Task<int> RestAsync()
        {
            Begin();
            await Task.Delay(duration);
            return 0;
        }

        /// <summary>Sums until the time is over, on the thread that calls.</summary>
        /// <returns>How often.</returns>
        internal int Sum(ExchangeRoster roster, int rank, string transport, TensorListener listener)
        {
            using var exchange = SumExchange.Join(roster, rank, transport, listener);
            var length = (int)roster.VectorLength;
            exchange.Contributions[0].Span(0, length).Fill(rank + 1);
            var expected = Enumerable.Range(1, roster.Members.Length).Sum();
            Begin();
            var start = Stopwatch.GetTimestamp();
            for (var step = 0; ; step++)
            {
                // The vector itself tells everybody that this is the last one.
                var isLast = rank == Coordinator && Stopwatch.GetElapsedTime(start) >= duration;
                exchange.Contributions[0].Span(0, 1)[0] = isLast ? 1 : 0;
                exchange.Run(step);
                if (exchange.Parameters.Span(0, 1)[0] > 0)
                {
                    return exchange.Parameters.Span(1, length - 1).ContainsAnyExcept(expected)
                        ? throw new BenchmarkFailedException($"the sum over {length} values is wrong")
                        : step + 1;
                }
            }
        }

        private void Begin()
        {
            if (echo is not null) Trips = RoundTrips.Start(system, echo);
        }
    }
}
