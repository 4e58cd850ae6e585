using Akka.Actor;
using Cluster.Train.Protocol;

namespace Cluster.Train.Actors.Coordinator;

/// <summary>What follows from the loss of a member: the end of its generation, and the return of the others to a snapshot.</summary>
internal sealed partial class CoordinatorActor
{
    /// <summary>Generations in a row that may end before their first snapshot.</summary>
    private const int MostFruitless = 20;

    private readonly HashSet<string> _unanswered = [];
    private readonly HashSet<string> _suspects = [];
    private readonly HashSet<string> _distrusted = [];
    private int _fruitless;
    private string _cause = "";
    private string _endReason = "";
    private bool _recovers;

    /// <summary>The generation was ended; its members say what they hold.</summary>
    private void Recovering()
    {
        Receive<GenerationEnded>(ended => ended.Generation == _lastGeneration, ended =>
        {
            _workers.Holds(ended.WorkerId, ended.Held);
            Answered(ended.WorkerId);
        });
        Receive<WorkerFault>(fault => fault.Generation == _lastGeneration && fault.Suspect >= 0 && fault.Suspect < _lastRoster!.Members.Length, fault =>
        {
            _suspects.Add(_lastRoster!.Members[fault.Suspect].WorkerId);
            WaitForSuspectsOnly();
        });
        ReceiveEndOfWait<WaitedTooLong>(WaitTimer, () =>
        {
            var silent = _unanswered.ToArray();
            foreach (var workerId in silent)
            {
                Forget(workerId, $"{_workers.Name(workerId)} does not answer and is put out");
            }

            _unanswered.Clear();
            _suspects.Clear();
            StartGathering();
            Consider();
        });
        ReceiveAlways();
    }

    private void ExchangeLost(WorkerFault fault)
    {
        if (_settings.InProcess)
        {
            // Whoever is the cause reports it too, unless it hangs: give it a moment, then take the waiter's word.
            Enter(Phase.AwaitingCause);
            Wait(WaitTimer, WaitedTooLong.Instance, CauseGrace);
            _cause = fault.Message;
            return;
        }

        LoseMember(fault.Message, fault.Suspect);
    }

    private void AwaitingCause()
    {
        ReceiveEndOfWait<WaitedTooLong>(WaitTimer, () => Fail(new TrainingFaultException(_cause)));
        Receive<WorkerFault>(fault => fault.Kind is FaultKind.ExchangeLost or FaultKind.Unreached, _ => { });
        ReceiveAlways();
    }

    private void StepTimedOut()
    {
        if (_generation!.Leases.Outstanding == 0 && _generation.Snapshots.Outstanding)
        {
            SnapshotTimedOut();
            return;
        }

        RecoverOrFail(_generation.Evaluations.StandsStill(_workers.Name, _settings.StepTimeout) ?? Invariant($"step {_run!.Ledger.CompletedSteps} was not done after {_settings.StepTimeout.TotalSeconds:0} s; waiting for {_workers.Names(_generation.Leases.Behind)}"));
    }

    /// <summary>Training may go on beside a snapshot that is never complete, but what has to be replayed would grow without end.</summary>
    private void SnapshotTimedOut() => RecoverOrFail(
        Invariant($"the snapshot of step {_generation!.Snapshots.Last?.Step} was not complete after {_settings.StepTimeout.TotalSeconds:0} s; waiting for {_workers.Names(_generation.Snapshots.Missing)}"));

    private void RecoverOrFail(string reason)
    {
        if (_settings.InProcess)
        {
            Fail(new TrainingFaultException(reason));
        }
        else
        {
            Recover(reason, suspect: null);
        }
    }

    /// <summary>A worker is gone for good.</summary>
    private void Lose(string workerId, string reason)
    {
        if (_settings.InProcess)
        {
            Fail(new TrainingFaultException(reason));
            return;
        }

        var isMember = _generation?.Roster.Find(workerId) is not null;
        Forget(workerId, reason);
        if (isMember)
        {
            Recover(reason, suspect: null);
        }
        else if (_phase == Phase.Recovering)
        {
            Answered(workerId);
        }
        else if (_phase == Phase.Gathering)
        {
            Consider();
        }
    }

    private void Forget(string workerId, string reason)
    {
        var worker = _workers.Ref(workerId);
        Context.Unwatch(worker);
        // If it lives after all, it is to know: it might wait for a lease that never comes.
        worker.Tell(new HelloWanted(reason));
        _workers.Remove(workerId);
        _services.Observer.OnNotice(reason);
    }

    private void PutOut(IReadOnlyList<string> workerIds, string reason)
    {
        if (_settings.InProcess)
        {
            Fail(new TrainingFaultException(reason));
            return;
        }

        foreach (var workerId in workerIds.Where(id => id.Length > 0).ToArray())
        {
            Forget(workerId, $"{_workers.Name(workerId)} is put out: {reason}");
        }

        Recover(reason, suspect: null);
    }

    /// <summary>Replicas differ at a snapshot: those in the minority are put out, and all return to the snapshot before.</summary>
    private void Diverged(HeldByAll snapshot)
    {
        var reason = snapshot.Deviating.Count > 0
            ? Invariant($"after step {snapshot.Step} the parameters of {_workers.Names(snapshot.Deviating)} differ from the others'; its memory or processor is at fault")
            : Invariant($"after step {snapshot.Step} the replicas differ, and none of them has a majority; memory or processor of one is at fault");
        if (_settings.InProcess)
        {
            Fail(new TrainingFaultException(reason));
            return;
        }

        _distrusted.UnionWith(snapshot.Deviating);
        PutOut(snapshot.Deviating, reason);
    }

    /// <summary>Ends the generation because a member is lost; the others return to what they hold.</summary>
    private void Recover(string reason, string? suspect)
    {
        if (_generation is null)
        {
            return;
        }

        if (++_fruitless > MostFruitless)
        {
            Fail(new TrainingFaultException($"{MostFruitless} generations ended before they got anywhere; the last: {reason}"));
            return;
        }

        _recovers = true;
        _services.Observer.OnNotice(Invariant($"generation {_lastGeneration} ends: {reason}"));
        if (suspect is { Length: > 0 })
        {
            _suspects.Add(suspect);
        }

        EndGeneration(reason);
    }

    private void EndGeneration(string reason)
    {
        var roster = _generation!.Roster;
        (_generation, _prepare, _endReason) = (null, null, reason);
        Timers.Cancel(SnapshotTimer);
        Timers.Cancel(MeetingTimer);
        _failedMeeting = null;
        _watch?.Dispose();
        _watch = null;
        _services.OwnSlice.Abort(roster.Generation, reason);
        _unanswered.Clear();
        foreach (var member in roster.Workers.Where(member => _workers.Knows(member.WorkerId)))
        {
            _unanswered.Add(member.WorkerId);
            _workers.Ref(member.WorkerId).Tell(new EndGeneration(roster.Generation, reason));
        }

        Enter(Phase.Recovering);
        Wait(WaitTimer, WaitedTooLong.Instance, _settings.AnswerTimeout);
        Answered(workerId: "");
    }

    private void Answered(string workerId)
    {
        _unanswered.Remove(workerId);
        _suspects.Remove(workerId);
        if (_unanswered.Count == 0)
        {
            Timers.Cancel(WaitTimer);
            _suspects.Clear();
            StartGathering();
            Consider();
        }
        else
        {
            WaitForSuspectsOnly();
        }
    }

    /// <summary>Where only such are missing as others have lost already, they need not be waited for that long.</summary>
    private void WaitForSuspectsOnly()
    {
        if (_unanswered.IsSubsetOf(_suspects))
        {
            Wait(WaitTimer, WaitedTooLong.Instance, _settings.SuspectTimeout);
        }
    }
}
