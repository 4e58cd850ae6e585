using Cluster.Train.Coordination;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Coordination.Phases;

/// <summary>The coordinator's services and its own slice in a random job: they answer what they are asked, later.</summary>
/// <param name="rig">The coordinator, whose own state they change.</param>
internal sealed class RandomServices(MachineRig rig)
{
    /// <summary>What has happened and was not told yet.</summary>
    internal Queue<CoordinatorEvent> Happening { get; } = new();

    /// <summary>Whether the next checkpoint cannot be written.</summary>
    internal bool FailsNext { get; set; }

    /// <summary>The next event.</summary>
    internal CoordinatorEvent Next()
    {
        var happened = Happening.Dequeue();
        if (happened is CoordinatorEvent.CheckpointSaved saved)
        {
            rig.NewestCheckpoint = Math.Max(rig.NewestCheckpoint ?? 0, saved.Step);
        }

        return happened;
    }

    internal void CarryOut(Effect effect)
    {
        switch (effect)
        {
            case Effect.Examine:
                Happening.Enqueue(new CoordinatorEvent.Examined(CheckpointStart.Nothing));
                break;
            case Effect.OpenState:
                Happening.Enqueue(new CoordinatorEvent.StateOpened());
                break;
            case Effect.LoadCheckpoint:
                rig.Held = [.. rig.Held.Where(held => held.Step != rig.NewestCheckpoint), StubMessages.Whole(rig.NewestCheckpoint!.Value)];
                Happening.Enqueue(new CoordinatorEvent.StateOpened());
                break;
            case Effect.PrepareOwnSlice own:
                rig.Held = [.. rig.Held.Where(held => held.Step <= own.Generation.FirstStep)];
                KeepOwn(own.Generation.FirstStep);
                Happening.Enqueue(new CoordinatorEvent.OwnSliceReady(own.Generation.Generation));
                break;
            case Effect.LeaseOwnSlice own:
                DoOwn(own.Lease);
                break;
            case Effect.Save save:
                Save(save.Request.Step);
                break;
        }
    }

    private void DoOwn(StepLease lease)
    {
        if (lease.Snapshot != SnapshotKind.None)
        {
            rig.Held = [.. rig.Held.Where(held => held.Step >= lease.SealedStep)];
            KeepOwn(lease.End);
            Happening.Enqueue(new CoordinatorEvent.Heard(ActorAddress.Nobody, new SnapshotKept("", lease.Generation, lease.End, "", null, 0)));
        }

        Happening.Enqueue(new CoordinatorEvent.Heard(ActorAddress.Nobody, new LeaseCompleted("", lease.Generation, lease.End)));
    }

    private void KeepOwn(long step)
    {
        if (step > 0)
        {
            rig.Held = [.. rig.Held.Where(held => held.Step != step), StubMessages.Part(rig.Roster, "", step)];
        }
    }

    private void Save(long step)
    {
        if (FailsNext)
        {
            FailsNext = false;
            Happening.Enqueue(new CoordinatorEvent.CheckpointFailed(step, new IOException("disk full")));
            return;
        }

        Happening.Enqueue(new CoordinatorEvent.StateCollected(step));
        Happening.Enqueue(new CoordinatorEvent.CheckpointSaved(step, Invariant($"step-{step}")));
    }
}
