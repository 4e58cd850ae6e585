using Cluster.Train.Protocol;

namespace Cluster.Train.Faults;

/// <summary>In which phases of their work a worker and the coordinator are when a control message passes between them. Pure.</summary>
/// <param name="OfWorker">The worker's; null for none.</param>
/// <param name="OfCoordinator">The coordinator's; null for none.</param>
internal readonly record struct MessagePhases(FaultPhase? OfWorker, FaultPhase? OfCoordinator)
{
    /// <summary>The phases of a message, whichever side it comes from.</summary>
    internal static MessagePhases Of(object message) => message switch
    {
        WorkerHello => new(null, FaultPhase.Join),
        JoinRequest or MoreTensors => new(FaultPhase.Join, null),
        TensorsWanted => new(null, FaultPhase.Join),
        PrepareGeneration => new(FaultPhase.Join, FaultPhase.Join),
        StepLease => new(FaultPhase.Lease, FaultPhase.Lease),
        StepReport => new(FaultPhase.Compute, FaultPhase.Compute),
        LeaseCompleted => new(FaultPhase.Snapshot, FaultPhase.Snapshot),
        SnapshotKept => new(FaultPhase.Seal, FaultPhase.Seal),
        // A coordinator has no partial sums, and in the sharded topology no slice: its recoveries stand in for these phases.
        GenerationReady => new(FaultPhase.Join, FaultPhase.PartialSums),
        EndGeneration => new(null, FaultPhase.OwnerSum),
        GenerationEnded => new(FaultPhase.Join, FaultPhase.Broadcast),
        _ => default,
    };

    /// <summary>The step that a message is about; null for none.</summary>
    internal static long? StepOf(object message) => message switch
    {
        StepLease lease => lease.FirstStep,
        StepReport report => report.FirstStep + report.Steps,
        LeaseCompleted completed => completed.CompletedSteps,
        SnapshotKept kept => kept.Step,
        PrepareGeneration prepare => prepare.FirstStep,
        _ => null,
    };
}
