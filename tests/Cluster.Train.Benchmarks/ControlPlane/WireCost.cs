using System.Collections.Immutable;
using System.Diagnostics;
using Akka.Actor;
using Cluster.Train.Actors;
using Cluster.Train.Coordination;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Protocol.Wire;
using Cluster.Train.Reduction;

namespace Cluster.Train.Benchmarks.ControlPlane;

/// <summary>Bytes of the control messages, and what it takes to write what a coordinator sends and to read what it gets.</summary>
internal static class WireCost
{
    private const int Times = 100_000;

    internal static void Print(int workers)
    {
        using var system = ActorSystems.CreateLocal(LogDetail.Error);
        var serializer = new WireSerializer((ExtendedActorSystem)system);
        var id = Guid.NewGuid().ToString("N");
        var range = new ShardRange(workers - 1, workers);
        (string Name, IWireMessage Message, bool Sent)[] messages =
        [
            ("lease", new StepLease(1, 100_000, 1, SnapshotKind.None, 99_000, Memo: null), true),
            ("report of one step", new StepReport(id, 1, 100_000, 1, range, [0.5f], [], 0.25), false),
            ("lease done", new LeaseCompleted(id, 1, 100_001), false),
            ("snapshot kept", new SnapshotKept(id, 1, 100_001, new string('0', 32), null, 0.01), false),
        ];
        Console.WriteLine();
        Console.WriteLine($"control messages on the wire{"",4} {"bytes",8} {"µs of the coordinator",24}");
        foreach (var (name, message, sent) in messages)
        {
            var bytes = serializer.ToBinary(message);
            var manifest = serializer.Manifest(message);
            var time = sent ? Time(() => serializer.ToBinary(message)) : Time(() => serializer.FromBinary(bytes, manifest));
            Console.WriteLine($"{name,-32} {bytes.Length,8:#,0} {time * 1e6,15:0.00} {(sent ? "to write" : "to read")}");
        }

        foreach (var size in new[] { 64, workers, 16 * workers })
        {
            var name = $"roster of {size:#,0}";
            Console.WriteLine($"{name,-32} {serializer.ToBinary(Roster(size)).Length,8:#,0}");
        }
    }

    private static double Time(Func<object> action)
    {
        for (var i = 0; i < Times / 10; i++)
        {
            action();
        }

        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Times; i++)
        {
            action();
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds / Times;
    }

    private static PrepareGeneration Roster(int workers)
    {
        Candidate[] candidates =
        [
            .. Enumerable.Range(0, workers).Select(worker => new Candidate(
                Guid.NewGuid().ToString("N"), $"worker-{worker:00000}", $"10.0.{worker / 256}.{worker % 256}:4055")),
        ];
        var roster = RosterPlanner.Plan(1, candidates, workers, Topology.Sharded, 1L << 30, new string('0', 64), coordinatorEndpoint: null);
        return new PrepareGeneration(roster, FirstStep: 0, TotalSteps: 1_000_000, ImmutableArray<StateHolder>.Empty);
    }
}
