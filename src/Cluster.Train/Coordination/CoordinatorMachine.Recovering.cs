using Cluster.Train.Membership;
using Cluster.Train.Protocol;

namespace Cluster.Train.Coordination;

/// <summary>What follows from the loss of a member: the end of its generation, and the return of the others to a snapshot.</summary>
internal sealed partial class CoordinatorMachine
{
    /// <summary>The generation was ended; its members say what they hold.</summary>
    private bool HearRecovering(Recovering recovering, IWireMessage message)
    {
        switch (message)
        {
            case GenerationEnded ended when ended.Generation == _generations.Last:
                _workers.Holds(ended.WorkerId, ended.Held);
                Answered(recovering, ended.WorkerId);
                return true;
            case WorkerFault { Suspect: >= 0 } fault when fault.Generation == _generations.Last && fault.Suspect < recovering.Ended.Members.Length:
                WaitForSuspectsOnly(recovering with
                {
                    Suspects = recovering.Suspects.Add(recovering.Ended.Members[fault.Suspect].WorkerId),
                });
                return true;
            default:
                return false;
        }
    }

    private void PutOutSilent(Recovering recovering)
    {
        foreach (var workerId in recovering.Unanswered)
        {
            Forget(workerId, $"{_workers.Name(workerId)} does not answer and is put out");
        }

        Gather("who does not answer is put out");
    }

    private void Fault(ActorAddress from, WorkerFault fault)
    {
        if (fault.Generation == 0 && _workers.Knows(fault.WorkerId))
        {
            OpeningFailed(fault);
        }
        else if (!IsCurrent(fault) || (fault.WorkerId.Length > 0 && !_workers.Knows(fault.WorkerId)))
        {
            Drop(from, fault);
        }
        else if (fault.Kind is not (FaultKind.ExchangeLost or FaultKind.Unreached))
        {
            Fail(fault.Kind == FaultKind.BadInput ? new BadInputException(fault.Message) : new TrainingFaultException(fault.Message));
        }
        else if (_settings.MemberLoss == MemberLoss.EndsJob && Generation is { } generation)
        {
            // Whoever is the cause reports it too, unless it hangs: give it a moment, then take the waiter's word.
            Enter(new AwaitingCause(_now, generation, fault.Message), fault.Message);
            StartWait(Wait.Phase, CauseGrace);
        }
        else if (fault.Kind == FaultKind.Unreached)
        {
            NotReached(fault.WorkerId, fault.Suspect, fault.Message);
        }
        else
        {
            LoseMember(fault.Message, fault.Suspect);
        }
    }

    private void StepTimedOut(Running running)
    {
        var (generation, timeout) = (running.Generation, _settings.StepTimeout);
        if (generation.Leases.Outstanding == 0 && generation.Snapshots.Outstanding)
        {
            SnapshotTimedOut(running);
            return;
        }

        Recover(
            generation.Evaluations.StandsStill(_workers.Name, timeout)
                ?? Invariant($"step {running.Job.Ledger.CompletedSteps} was not done after {timeout.TotalSeconds:0} s; waiting for {_workers.Names(generation.Leases.Behind)}"),
            suspect: null);
    }

    /// <summary>Training may go on beside a snapshot that is never complete, but what has to be replayed would grow without end.</summary>
    private void SnapshotTimedOut(Running running) => Recover(
        Invariant($"the snapshot of step {running.Generation.Snapshots.Last?.Step} was not complete after {_settings.StepTimeout.TotalSeconds:0} s; waiting for {_workers.Names(running.Generation.Snapshots.Missing)}"),
        suspect: null);

    /// <summary>A worker is gone for good.</summary>
    private void Lose(string workerId, string reason)
    {
        if (Phase is Ending or Done || EndsJob(reason))
        {
            return;
        }

        var isMember = Generation?.Roster.Find(workerId) is not null;
        Forget(workerId, reason);
        if (isMember)
        {
            Recover(reason, suspect: null);
        }
        else if (Phase is Recovering recovering)
        {
            Answered(recovering, workerId);
        }
        else
        {
            Consider();
        }
    }

    private void Forget(string workerId, string reason)
    {
        var worker = _workers.Address(workerId);
        Do(new Effect.Unwatch(worker));
        // If it lives after all, it is to know: it might wait for a lease that never comes.
        Tell(worker, new HelloWanted(reason));
        _workers.Remove(workerId);
        _meetings.Gone(workerId);
        Notice(reason);
    }

    private void PutOut(IReadOnlyList<string> workerIds, string reason)
    {
        if (EndsJob(reason))
        {
            return;
        }

        foreach (var workerId in workerIds.Where(id => id.Length > 0))
        {
            Forget(workerId, $"{_workers.Name(workerId)} is put out: {reason}");
        }

        Recover(reason, suspect: null);
    }

    /// <summary>Replicas differ at a snapshot: those in the minority are put out, and all return to the snapshot before.</summary>
    private void Diverged(HeldByAll snapshot)
    {
        _distrusted.UnionWith(snapshot.Deviating);
        PutOut(snapshot.Deviating, snapshot.Deviating.Count > 0
            ? Invariant($"after step {snapshot.Step} the parameters of {_workers.Names(snapshot.Deviating)} differ from the others'; its memory or processor is at fault")
            : Invariant($"after step {snapshot.Step} the replicas differ, and none of them has a majority; memory or processor of one is at fault"));
    }

    /// <summary>Whether the loss of a member ends the job, which it does then.</summary>
    private bool EndsJob(string reason)
    {
        if (_settings.MemberLoss == MemberLoss.EndsJob)
        {
            Fail(new TrainingFaultException(reason));
        }

        return _settings.MemberLoss == MemberLoss.EndsJob;
    }

    /// <summary>Ends the generation because a member is lost; the others return to what they hold.</summary>
    private void Recover(string reason, string? suspect)
    {
        if (Generation is not { } generation || EndsJob(reason))
        {
            return;
        }

        if (!_generations.Recover())
        {
            Fail(new TrainingFaultException($"{GenerationCount.MostFruitless} generations ended before they got anywhere; the last: {reason}"));
            return;
        }

        _lossReason = reason;
        Notice(Invariant($"generation {_generations.Last} ends: {reason}"));
        EndGeneration(generation.Roster, reason, suspect);
    }

    private void EndGeneration(Roster roster, string reason, string? suspect)
    {
        Do(new Effect.UnwatchPeers());
        Do(new Effect.AbortOwnSlice(roster.Generation, reason));
        string[] members = [.. roster.Workers.Select(member => member.WorkerId).Where(_workers.Knows)];
        Do(new Effect.TellAll([.. members.Select(_workers.Address)], new EndGeneration(roster.Generation, reason)));
        var recovering = new Recovering(_now, roster, reason, [.. members], suspect is { Length: > 0 } ? [suspect] : []);
        Enter(recovering, reason);
        StartWait(Wait.Phase, _settings.AnswerTimeout);
        Answered(recovering, workerId: "");
    }

    private void Answered(Recovering recovering, string workerId)
    {
        recovering = recovering with
        {
            Unanswered = recovering.Unanswered.Remove(workerId),
            Suspects = recovering.Suspects.Remove(workerId),
        };
        if (recovering.Unanswered.IsEmpty)
        {
            Gather("all members have answered");
        }
        else
        {
            WaitForSuspectsOnly(recovering);
        }
    }

    /// <summary>Where only such are missing as others have lost already, they need not be waited for that long.</summary>
    private void WaitForSuspectsOnly(Recovering recovering)
    {
        Phase = recovering;
        if (recovering.Unanswered.IsSubsetOf(recovering.Suspects))
        {
            StartWait(Wait.Phase, _settings.SuspectTimeout);
        }
    }
}
