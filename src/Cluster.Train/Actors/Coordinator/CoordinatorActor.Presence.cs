using Akka.Actor;
using Cluster.Train.Protocol;

namespace Cluster.Train.Actors.Coordinator;

/// <summary>Finding out what was lost between a worker and the coordinator, and saying it again.</summary>
internal sealed partial class CoordinatorActor
{
    private PrepareGeneration? _prepare;

    /// <summary>A worker says what it knows; where that is not what it was told, it is told once more.</summary>
    private void Present(WorkerPresent present)
    {
        var (id, roster) = (present.WorkerId, _generation?.Roster);
        if (!IsKnown(id))
        {
            TellThatItIsOut();
            return;
        }

        if (_workers.Join(id) is null)
        {
            Offer(id);
        }

        if (present.Leaves && !_workers.Leaving.Contains(id))
        {
            Leave(id);
        }

        if (_phase == Phase.Recovering && _unanswered.Contains(id))
        {
            Sender.Tell(new EndGeneration(_lastGeneration, _endReason));
        }
        else if (_phase == Phase.Preparing && roster?.Find(id) is not null && _generation!.NotReady.Contains(id))
        {
            if (present.Generation < roster.Generation)
            {
                Sender.Tell(_prepare);
            }
            else if (present.Generation == roster.Generation && present.Stage == WorkerStage.Ready)
            {
                TakePlace(id);
            }
        }
    }

    private bool IsKnown(string workerId) => _workers.Knows(workerId) && _workers.Ref(workerId).Equals(Sender);

    private void Offer(string workerId) => Sender.Tell(new JobOffer(_settings.Definition, Fresh: _distrusted.Contains(workerId)));

    private void Leave(string workerId)
    {
        _workers.Leaves(workerId);
        MembershipChanged();
    }

    /// <summary>It was put out and does not know: it was stopped for a while, or cut off.</summary>
    private void TellThatItIsOut() => Sender.Tell(new HelloWanted("the coordinator has put this worker out of its generation"));

    /// <summary>Drops a message of a generation that is over, or of somebody who is no member any more.</summary>
    private void Stale(object message)
    {
        _stale++;
        if (message is IGenerationMessage && !_workers.All.Contains(Sender))
        {
            TellThatItIsOut();
        }
    }
}
