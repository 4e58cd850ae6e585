using System.Collections.Immutable;
using Cluster.Train.Faults;
using Cluster.Train.Membership;

namespace Cluster.Train.Verification;

/// <summary>In which way a variant differs from the others.</summary>
internal enum VariantKind
{
    /// <summary>One worker: what all others are compared with.</summary>
    Reference,

    /// <summary>Other workers, another topology or another transport.</summary>
    Crew,

    /// <summary>Goes on from the checkpoint of a step.</summary>
    Resumed,

    /// <summary>Struck by a fault plan.</summary>
    Struck,

    /// <summary>The reference once more.</summary>
    Again,

    /// <summary>The reference once more, in a process of its own.</summary>
    OtherProcess,
}

/// <summary>How the tensors of a variant travel.</summary>
internal enum Transport
{
    Memory,
    SharedMemory,
    Tcp,
}

/// <summary>One way of training a job.</summary>
/// <param name="Kind">In which way it differs.</param>
/// <param name="Workers">Workers; after a resume one more.</param>
/// <param name="Transport">How tensors travel.</param>
/// <param name="Topology">Who owns the parameters.</param>
internal sealed record Variant(VariantKind Kind, int Workers, Transport Transport, Topology Topology)
{
    /// <summary>What strikes it.</summary>
    internal FaultPlan Plan { get; init; } = FaultPlan.None;

    /// <summary>Steps between snapshots where it is struck; the faults of a plan without a seed are placed by it.</summary>
    internal long SnapshotEvery { get; init; } = 5;

    /// <summary>The step whose checkpoint it goes on from; 0 for the beginning.</summary>
    internal long From { get; init; }

    /// <summary>Workers that go on from the checkpoint.</summary>
    internal int WorkersAfter { get; init; }

    /// <summary>What a table calls it; at most 46 characters.</summary>
    internal string Name => Kind switch
    {
        VariantKind.Resumed => Invariant($"resumed at step {From}, {Workers} then {Count(WorkersAfter)}"),
        VariantKind.Struck when Plan.Seed is { } seed => Invariant($"fault plan {seed}, {Count(Workers)}, {Of(Transport)}"),
        VariantKind.Struck => Plan.Faults.Length > 1 ? "worker killed, coordinator replaced"
            : Plan.Faults[0].Member == PlannedFault.Coordinator ? "coordinator replaced"
            : "worker killed",
        VariantKind.Again => "once more, in this process",
        VariantKind.OtherProcess => "once more, in another process",
        _ => $"{Count(Workers)}, {Of(Transport)}, {(Topology == Topology.Sharded ? "sharded" : "coordinator")}",
    };

    /// <summary>
    /// The variants of a job: each number of workers up to four through memory, shared memory and TCP, the topologies in
    /// turns; resumed in the middle; struck; once more.
    /// </summary>
    /// <param name="shards">Shards of the job: no more workers take part.</param>
    /// <param name="steps">Steps of the job.</param>
    /// <param name="full">Both topologies everywhere, and random fault plans.</param>
    /// <param name="otherProcess">Whether another process can be started.</param>
    internal static ImmutableArray<Variant> Of(int shards, long steps, bool full, bool otherProcess)
    {
        var most = Math.Min(4, shards);
        var variants = ImmutableArray.CreateBuilder<Variant>();
        var reference = new Variant(VariantKind.Reference, 1, Transport.Memory, Topology.Coordinator);
        variants.Add(reference);
        foreach (var transport in Enum.GetValues<Transport>())
        {
            for (var workers = transport == Transport.Memory && full ? 1 : 2; workers <= most; workers++)
            {
                // Over the transports each number of workers meets both.
                var turn = (workers + (int)transport) % 2 == 0 ? Topology.Sharded : Topology.Coordinator;
                foreach (var topology in full ? (Topology[])[Topology.Coordinator, Topology.Sharded] : [turn])
                {
                    var crew = new Variant(VariantKind.Crew, workers, transport, topology);
                    if (crew with { Kind = VariantKind.Reference } != reference)
                    {
                        variants.Add(crew);
                    }
                }
            }
        }

        if (steps > 1)
        {
            variants.Add(new Variant(VariantKind.Resumed, Math.Min(2, most), Transport.Memory, Topology.Sharded)
            {
                From = steps / 2,
                WorkersAfter = Math.Min(3, most),
            });
        }

        var strike = PlannedStrike.Of(most, steps);
        variants.Add(new Variant(VariantKind.Struck, Math.Min(3, most), Transport.SharedMemory, Topology.Sharded)
        {
            Plan = strike.Plan,
            SnapshotEvery = strike.SnapshotEvery,
        });
        if (full)
        {
            string[] members = [.. Enumerable.Range(1, most).Select(number => Invariant($"worker-{number}")), PlannedFault.Coordinator];
            for (var seed = 1; seed <= RandomPlans; seed++)
            {
                variants.Add(new Variant(VariantKind.Struck, most, seed % 2 == 0 ? Transport.SharedMemory : Transport.Tcp, seed % 3 == 0 ? Topology.Coordinator : Topology.Sharded)
                {
                    Plan = FaultPlan.Generate(seed, members, Math.Max(1, steps * 2 / 3), longest: LongestFault),
                });
            }
        }

        variants.Add(reference with { Kind = VariantKind.Again });
        if (otherProcess)
        {
            variants.Add(reference with { Kind = VariantKind.OtherProcess });
        }

        return variants.ToImmutable();
    }

    /// <summary>What a run of so few steps has no room for, each with the reason.</summary>
    /// <param name="shards">Shards of the job.</param>
    /// <param name="steps">Steps of the job.</param>
    internal static ImmutableArray<string> WithoutRoom(int shards, long steps)
    {
        ImmutableArray<string> withoutRoom = steps > 1 ? [] : ["resumed from a checkpoint: a single step has no middle; give --steps 2 or more"];
        return PlannedStrike.IsTooShort(Math.Min(4, shards), steps) ? withoutRoom.Add(PlannedStrike.OnlyTheWorker) : withoutRoom;
    }

    private const int RandomPlans = 10;

    private static readonly TimeSpan LongestFault = TimeSpan.FromSeconds(1);

    private static string Count(int workers) => workers == 1 ? "1 worker" : Invariant($"{workers} workers");

    private static string Of(Transport transport) => transport switch
    {
        Transport.Memory => "memory",
        Transport.SharedMemory => "shared memory",
        _ => "TCP",
    };
}
