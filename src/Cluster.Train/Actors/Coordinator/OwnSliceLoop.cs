using Cluster.Train.Actors.Snapshots;
using Cluster.Train.Exchange;
using Cluster.Train.Protocol;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Actors.Coordinator;

/// <summary>The coordinator's part in a generation of the coordinator topology: it owns the one slice and computes nothing.</summary>
internal sealed class OwnSliceLoop(
    int generation, TensorExchange exchange, SliceOwner owner, SnapshotStore snapshots,
    Func<long, TrainingState> storedState, Action<IGenerationMessage> sink)
    : MemberLoop(workerId: "", generation, exchange, owner, snapshots, storedState, sink)
{
    protected override void RunSteps(StepLease lease)
    {
        for (var step = lease.FirstStep; step < lease.End; step++)
        {
            CurrentStep = step;
            Exchange.Run(step);
        }
    }

    // In one process the parameter block is everybody's: the workers write it.
    protected override void WriteInitialState()
    {
    }

    protected override void ReadStoredState(TrainingState state)
    {
    }

    protected override float[]? FrozenParameters() => null;

    protected override string? ParametersSha256() => null;

    protected override WorkerFault Fault(Exception error) => MemberFaults.Describe(WorkerId, "the coordinator", Generation, error);
}
