using System.Collections.Immutable;
using Cluster.Train.Coordination;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Coordination.Phases;

/// <summary>Brings a machine to a phase by what happens in a good run, and says what workers say there.</summary>
internal static class Drive
{
    /// <summary>A coordinator that looks at its checkpoint directory.</summary>
    internal static MachineRig Examining(Func<CoordinatorSettings, CoordinatorSettings>? change = null)
    {
        var rig = new MachineRig(change?.Invoke(StubMessages.Settings) ?? StubMessages.Settings);
        rig.Happens(new CoordinatorEvent.Started());
        return rig;
    }

    internal static MachineRig Gathering(Func<CoordinatorSettings, CoordinatorSettings>? change = null)
    {
        var rig = Examining(change);
        rig.Happens(new CoordinatorEvent.Examined(CheckpointStart.Nothing));
        return rig;
    }

    /// <summary>Its three workers are ready.</summary>
    internal static MachineRig Opening(Func<CoordinatorSettings, CoordinatorSettings>? change = null)
    {
        var rig = Gathering(change);
        rig.Arrive("a", "b", "c");
        return rig;
    }

    internal static MachineRig Preparing(Func<CoordinatorSettings, CoordinatorSettings>? change = null)
    {
        var rig = Opening(change);
        rig.Happens(new CoordinatorEvent.StateOpened());
        return rig;
    }

    /// <summary>The leases of steps 0 and 1 are out; the second ends with a snapshot.</summary>
    internal static MachineRig Running(Func<CoordinatorSettings, CoordinatorSettings>? change = null)
    {
        var rig = Preparing(change);
        rig.TakePlaces();
        return rig;
    }

    /// <summary>All hold step 2; the leases of steps 2 and 3 are out.</summary>
    internal static MachineRig Sealed(Func<CoordinatorSettings, CoordinatorSettings>? change = null)
    {
        var rig = Running(change);
        rig.Do(0);
        rig.Do(1);
        rig.Keep(2);
        return rig;
    }

    /// <summary>Of the three members c is gone; a and b have not answered.</summary>
    internal static MachineRig Recovering(Func<CoordinatorSettings, CoordinatorSettings>? change = null)
    {
        var rig = Sealed(change);
        rig.Gone("c");
        return rig;
    }

    /// <summary>Workers say hello and are ready.</summary>
    internal static void Arrive(this MachineRig rig, params string[] ids)
    {
        foreach (var id in ids)
        {
            rig.Hello(id);
            rig.Join(id);
        }
    }

    internal static void Hello(this MachineRig rig, string id, PastMembership? past = null) => rig.Says(id, StubMessages.Hello(id, past));

    internal static void Join(this MachineRig rig, string id, params ImmutableArray<HeldSnapshot> held) => rig.Says(id, StubMessages.Join(id, held, []));

    /// <summary>All members take their places in the generation.</summary>
    internal static void TakePlaces(this MachineRig rig)
    {
        foreach (var member in rig.Roster.Members)
        {
            rig.TakePlace(member.WorkerId);
        }
    }

    internal static void TakePlace(this MachineRig rig, string id) => rig.Happens(id.Length == 0
        ? new CoordinatorEvent.OwnSliceReady(rig.Roster.Generation)
        : new CoordinatorEvent.Heard(MachineRig.AddressOf(id), new GenerationReady(id, rig.Roster.Generation)));

    internal static void Gone(this MachineRig rig, string id) => rig.Happens(new CoordinatorEvent.Gone(id, MachineRig.AddressOf(id)));

    /// <summary>All members do the lease of one step, and report it.</summary>
    internal static void Do(this MachineRig rig, long step)
    {
        foreach (var member in rig.Roster.Members)
        {
            if (!member.IsCoordinator)
            {
                rig.Report(member.WorkerId, step);
            }
        }

        foreach (var member in rig.Roster.Members)
        {
            rig.Complete(member.WorkerId, step + 1);
        }
    }

    /// <summary>All members keep a snapshot.</summary>
    internal static void Keep(this MachineRig rig, long step, string? sha256 = null)
    {
        foreach (var member in rig.Roster.Members)
        {
            rig.Keep(member.WorkerId, step, member.IsCoordinator ? "" : "same", member.IsCoordinator ? null : sha256);
        }
    }

    internal static void Report(this MachineRig rig, string id, long first, params ImmutableArray<ShardEvaluation> evaluations) =>
        rig.Says(id, StubMessages.Report(rig.Roster, id, first, 1, evaluations));

    internal static void Complete(this MachineRig rig, string id, long end) => rig.Says(id, new LeaseCompleted(id, rig.Roster.Generation, end));

    internal static void Keep(this MachineRig rig, string id, long step, string checksum, string? sha256 = null) =>
        rig.Says(id, new SnapshotKept(id, rig.Roster.Generation, step, checksum, sha256, Seconds: 0.001));

    /// <summary>A worker says that it has left the generation, and what it holds.</summary>
    internal static void Ended(this MachineRig rig, string id, params long[] held) => rig.Says(
        id, new GenerationEnded(id, rig.Roster.Generation, [.. held.Select(step => StubMessages.Part(rig.Roster, id, step))]));

    internal static void Faults(this MachineRig rig, string id, FaultKind kind, string message, int suspect = -1, int? generation = null) =>
        rig.Says(id, new WorkerFault(id, generation ?? rig.Roster.Generation, kind, message, suspect));

    internal static void Present(this MachineRig rig, string id, WorkerStage stage, int? generation = null, bool leaves = false) =>
        rig.Says(id, new WorkerPresent(id, generation ?? rig.Roster.Generation, stage, leaves));
}
