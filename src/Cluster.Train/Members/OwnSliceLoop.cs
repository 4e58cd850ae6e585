using Cluster.Train.Exchange;
using Cluster.Train.Protocol;
using Cluster.Train.Snapshots;

namespace Cluster.Train.Members;

/// <summary>The coordinator's part in a generation of the coordinator topology: it owns the one slice and computes nothing.</summary>
internal sealed class OwnSliceLoop(MemberPlace place, SnapshotKeeper keeper) : MemberLoop(place, keeper)
{
    protected override bool HasReplica => false;

    protected override void RunSteps(StepLease lease)
    {
        for (var step = lease.FirstStep; step < lease.End; step++)
        {
            CurrentStep = step;
            Place.Exchange.Run(step);
            if (Place.SwapsAfter(step))
            {
                Place.Exchange.Run(step, ExchangeRound.Averages);
                Place.Exchange.Run(step, ExchangeRound.Back);
            }
        }
    }

    protected override void StateLoaded(StateLoader loader)
    {
    }
}
