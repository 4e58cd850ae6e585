using Cluster.Train.Protocol;

namespace Cluster.Train.Coordination;

/// <summary>Finding out what was lost between a worker and the coordinator, and saying it again; and what is told to whoever asks how the job stands.</summary>
internal sealed partial class CoordinatorMachine
{
    /// <summary>A worker says what it knows; where that is not what it was told, it is told once more.</summary>
    private void Present(ActorAddress from, WorkerPresent present)
    {
        var id = present.WorkerId;
        if (!IsKnown(from, id))
        {
            TellThatItIsOut(from);
            return;
        }

        if (_workers.Join(id) is null)
        {
            Offer(from, id);
        }

        if (present.Leaves && !_workers.Leaving.Contains(id))
        {
            Leave(id);
        }

        if (Phase is Recovering recovering && recovering.Unanswered.Contains(id))
        {
            Tell(from, new EndGeneration(recovering.Ended.Generation, recovering.Reason));
        }
        else if (Phase is Preparing preparing && preparing.Generation.NotReady.Contains(id))
        {
            var current = preparing.Generation.Roster.Generation;
            if (present.Generation < current)
            {
                Tell(from, preparing.Order);
            }
            else if (present.Generation == current && present.Stage == WorkerStage.Ready)
            {
                TakePlace(preparing, id);
            }
        }
    }

    private bool IsKnown(ActorAddress from, string workerId) => _workers.Knows(workerId) && _workers.Address(workerId) == from;

    private void Offer(ActorAddress worker, string workerId) =>
        Tell(worker, new JobOffer(_settings.Definition, Fresh: _distrusted.Contains(workerId)));

    private void Leave(string workerId)
    {
        _workers.Leaves(workerId);
        MembershipChanged();
    }

    /// <summary>It was put out and does not know: it was stopped for a while, or cut off.</summary>
    private void TellThatItIsOut(ActorAddress worker) => Tell(worker, new HelloWanted("the coordinator has put this worker out of its generation"));

    /// <summary>How the job stands.</summary>
    internal StatusReport Status()
    {
        var steps = (Phase as Done)?.Result.Steps ?? 0;
        return new StatusReport(
            _settings.Definition.Task, _jobHash, Phase.Name, Generation?.Roster.Generation ?? _generations.Last,
            _job?.Ledger.CompletedSteps ?? steps, _job?.TotalSteps ?? steps, _job?.SamplesPerSecond ?? 0,
            Generation?.Roster.Topology switch { null => "", Membership.Topology.Sharded => "sharded", _ => "coordinator" },
            [.. _workers.Ids.Select(StatusOf)], WaitingNow(), StatusFigure.Of((Phase as Done)?.Result.Evaluation ?? _job?.Ledger.Evaluation))
        {
            Numerics = (Phase as Done)?.Result.Numerics ?? _job?.Numerics ?? "",
        };
    }

    private StatusMember StatusOf(string workerId)
    {
        var (hello, join) = (_workers.Hello(workerId), _workers.Join(workerId));
        var member = Generation?.Roster.Find(workerId);
        var state = join is null ? "opening"
            : _workers.Leaving.Contains(workerId) ? "leaving"
            : member is null ? "ready"
            : Phase is Preparing preparing && preparing.Generation.NotReady.Contains(workerId) ? "preparing"
            : "training";
        return new StatusMember(
            hello.Name, hello.Host, join?.Replica.Device ?? "", member?.Shards.First ?? 0, member?.Shards.Count ?? 0, state)
        {
            Processor = join?.Replica.Processor ?? "",
            SilentSeconds = (_now - _workers.LastHeard(workerId, _now)).TotalSeconds,
        };
    }

    private StatusWaiting? WaitingNow()
    {
        var whom = Phase switch
        {
            Gathering { WaitingFor: { } waited, LastRefusal: { } refusal } => $"{waited}; the last, {refusal}",
            Gathering gathering => gathering.WaitingFor,
            Preparing preparing => _workers.Names(preparing.Generation.NotReady),
            Recovering recovering => _workers.Names(recovering.Unanswered),
            _ => null,
        };
        return string.IsNullOrEmpty(whom) ? null : new StatusWaiting(whom, Phase.Name, (_now - Phase.Since).TotalSeconds);
    }
}
