using Cluster.Train.Protocol;

namespace Cluster.Train.Coordination;

/// <summary>What a coordinator may ask of a worker that follows it.</summary>
internal sealed partial class WorkerMachine
{
    private void AnswerFollowing(WorkerPhase.Following following, WorkerEvent happened)
    {
        switch (happened)
        {
            case WorkerEvent.Heard heard when heard.From == following.Coordinator:
                Hear(following, heard.Message);
                break;
            case WorkerEvent.Heard:
                // What another coordinator says, one that was replaced, means nothing to this worker.
                Stale++;
                break;
            case WorkerEvent.Gone gone when gone.Coordinator == following.Coordinator:
                Lose(following, "the coordinator is gone");
                break;
            case WorkerEvent.Rang { Timer: WorkerTimer.Presence }:
                Tell(following, new WorkerPresent(workerId, _generation, following.Stage, _leaves));
                break;
            case WorkerEvent.Opened opened when following is WorkerPhase.Opening opening && opening.Number == opened.Number:
                Phase = new WorkerPhase.Joining(following.Coordinator, opened.Initial);
                Do(new WorkerEffect.Repeat(WorkerTimer.Presence, PresenceInterval, AtOnce: false));
                Do(new WorkerEffect.AskToJoin(following.Coordinator, opened.Replica, opened.Initial.Page(first: 0), opened.Remark));
                break;
            case WorkerEvent.NotOpened failed when following is WorkerPhase.Opening opening && opening.Number == failed.Number:
                Tell(following, failed.Fault);
                break;
            case WorkerEvent.Prepared prepared when following is WorkerPhase.Member { Ready: false } member && prepared.Generation == _generation:
                Phase = member with { Ready = true };
                Tell(following, new GenerationReady(workerId, _generation));
                break;
            case WorkerEvent.NotPrepared failed when failed.Fault.Generation == _generation:
                Tell(following, failed.Fault);
                break;
            case WorkerEvent.LeaveAsked:
                _leaves = true;
                Tell(following, new LeaveRequest(workerId));
                break;
        }
    }

    private void Hear(WorkerPhase.Following following, IWireMessage message)
    {
        switch (message)
        {
            case PrepareGeneration prepare:
                Prepare(following, prepare);
                break;
            case StepLease lease:
                Take(following, lease);
                break;
            case EndGeneration end:
                Do(new WorkerEffect.Abort(end.Generation, end.Reason));
                if (end.Generation >= _generation && following is WorkerPhase.Member member)
                {
                    Phase = new WorkerPhase.Joining(member.Coordinator, member.Initial);
                }

                Do(new WorkerEffect.TellEnded(following.Coordinator, end.Generation));
                break;
            // The coordinator knows the worker, but not its replica: what it said of it was lost.
            case JobOffer offer when following is WorkerPhase.Open:
                Do(new WorkerEffect.Abort(_generation, "the coordinator offers the job anew"));
                Open(following.Coordinator, offer);
                break;
            case TensorsWanted wanted when following is WorkerPhase.Open open && wanted.First >= 0 && wanted.First < open.Initial.Tensors.Length:
                Tell(following, new MoreTensors(workerId, open.Initial.Page(wanted.First)));
                break;
            case StandBy wait:
                Do(new WorkerEffect.Warn($"standing by: {wait.Reason}"));
                break;
            case JoinRefused refused:
                Refused(refused);
                break;
            case HelloWanted wanted:
                Lose(following, wanted.Reason);
                break;
            case EndJob end:
                Finish(new WorkerOutcome(end.Completed, end.Reason));
                break;
        }
    }

    private void Prepare(WorkerPhase.Following following, PrepareGeneration prepare)
    {
        if (prepare.Generation <= _generation || following is not WorkerPhase.Open open)
        {
            Stale++;
            return;
        }

        Do(new WorkerEffect.Abort(_generation, Invariant($"generation {prepare.Generation} begins")));
        if (prepare.Roster.Find(workerId) is null)
        {
            // It holds a part of the state with which the others begin.
            Phase = new WorkerPhase.Joining(open.Coordinator, open.Initial);
            Do(new WorkerEffect.Serve(prepare));
            return;
        }

        _generation = prepare.Generation;
        Phase = new WorkerPhase.Member(open.Coordinator, open.Initial, prepare.FirstStep, Ready: false);
        Do(new WorkerEffect.Prepare(open.Coordinator, prepare));
    }

    /// <summary>One that comes twice, or after another that was lost, would part this member from the others.</summary>
    private void Take(WorkerPhase.Following following, StepLease lease)
    {
        if (following is WorkerPhase.Member member && lease.Generation == _generation && lease.FirstStep == member.NextStep)
        {
            Phase = member with { NextStep = lease.End };
            Do(new WorkerEffect.DoLease(lease));
        }
        else
        {
            Stale++;
        }
    }

    /// <summary>Leaves the generation, keeps what the process holds, and looks for a coordinator.</summary>
    private void Lose(WorkerPhase.Following following, string reason)
    {
        Do(new WorkerEffect.Warn($"{reason}; looking for a coordinator"));
        Do(new WorkerEffect.Abort(_generation, reason));
        Do(new WorkerEffect.Unwatch(following.Coordinator));
        Do(new WorkerEffect.Cancel(WorkerTimer.Presence));
        if (_leaves)
        {
            Finish(new WorkerOutcome(Completed: false, $"left while {reason}"));
            return;
        }

        Search();
    }

    private void Tell(WorkerPhase.Following following, IWireMessage message) => Do(new WorkerEffect.Tell(following.Coordinator, message));
}
