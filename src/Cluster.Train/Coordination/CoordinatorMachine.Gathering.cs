using Cluster.Train.Membership;
using Cluster.Train.Protocol;

namespace Cluster.Train.Coordination;

/// <summary>Waiting for enough workers, and giving up where they do not come.</summary>
internal sealed partial class CoordinatorMachine
{
    private static readonly TimeSpan ConsiderInterval = TimeSpan.FromSeconds(1);

    private int NewestPast => _workers.Pasts.Select(past => past.Generation).Append(0).Max();

    /// <summary>Whether steps of the job may have been done under a coordinator before this one.</summary>
    private bool TakesOver => _settings.Succeeds || _workers.Pasts.Any(past => past.JobHash == _jobHash);

    private void Gather(string reason)
    {
        Enter(new Gathering(_now), reason);
        StartWait(Wait.Consider, ConsiderInterval);
        Consider();
    }

    private void Consider()
    {
        if (Phase is not Gathering gathering)
        {
            return;
        }

        ReleaseLeavers();
        var ready = Candidates().Count;
        if (_stopping && _job is not null && ready < _settings.MinWorkers)
        {
            GiveUp("stopped while waiting for workers");
            return;
        }

        var past = _workers.Pasts.Where(past => past.JobHash == _jobHash).ToArray();
        var takeover = _job is null && past.Length > 0;
        if ((_stopping && _job is null && IsStoppedInVain(gathering, takeover && ready >= _settings.MinWorkers)) || (!takeover && AreForeign(gathering)))
        {
            return;
        }

        gathering = gathering with { EnoughSince = ready >= _settings.MinWorkers ? gathering.EnoughSince ?? _now : null };
        Phase = gathering;
        var lost = _job is not null && ready >= _settings.MinWorkers && WouldLoseSteps() ? _generations.LastRoster : null;
        var wanted = Math.Min(
            lost is not null ? lost.Workers.Count()
            : _job is not null ? _settings.MinWorkers
            : takeover ? past.Max(membership => membership.Workers)
            : _settings.Workers, _settings.MaxWorkers);
        var (decision, reason) = Quorum.Decide(new QuorumState(
            ready, _workers.Opening, wanted, _settings.MinWorkers, _waits.Elapsed(gathering.Since, _now),
            Patience(gathering, returns: lost is not null, takeover), _settings.JoinTimeout)
        {
            Refused = gathering.Refused,
            LastRefusal = gathering.LastRefusal,
        });
        switch (decision)
        {
            case QuorumDecision.Form:
                if (_job is null && !takeover && ready < wanted)
                {
                    Notice(Invariant($"beginning with {ready} of {wanted} workers: {reason}"));
                }

                Open(takeover, reason);
                break;
            case QuorumDecision.GiveUp:
                GiveUp(reason);
                break;
            default:
                WaitFor(gathering, reason);
                break;
        }
    }

    /// <summary>A successor that is stopped takes the job over first, and so writes its last checkpoint, unless its workers do not come soon.</summary>
    /// <returns>Whether they are not there.</returns>
    private bool IsStoppedInVain(Gathering gathering, bool workersAreBack)
    {
        if (!workersAreBack && _waits.Elapsed(gathering.Since, _now) >= _settings.TakeoverPatience * 2)
        {
            Fail(new OperationCanceledException(
                $"stopped while it took the job over, before its workers were back: {(_settings.KeepsCheckpoints ? "there is no checkpoint of the last steps" : "what was done is lost")}"));
        }

        return !workersAreBack;
    }

    private void WaitFor(Gathering gathering, string whom)
    {
        if (whom != gathering.WaitingFor && (_job is not null || _now - gathering.Since > _settings.QuietPatience))
        {
            Phase = gathering with { WaitingFor = whom };
            Notice($"waiting for {whom}");
        }
    }

    /// <summary>Nobody came of those that had a part in the job of the checkpoints: this is another run, which would mix its own with them.</summary>
    private bool AreForeign(Gathering gathering)
    {
        if (_foreign is null || _job is not null || _waits.Elapsed(gathering.Since, _now) < _settings.FormerWorkersPatience)
        {
            return false;
        }

        Fail(new BadInputException(
            $"--checkpoint-dir {_foreign.Directory} holds checkpoints already, the newest is {_foreign.Newest}; go on from it with --resume or give another directory"));
        return true;
    }

    /// <summary>Once the minimum is there: how long after gathering began the wanted number is not waited for any more.</summary>
    private TimeSpan Patience(Gathering gathering, bool returns, bool takeover)
    {
        var sinceEnough = (gathering.EnoughSince ?? _now) - gathering.Since;
        return returns ? sinceEnough + _settings.TakeoverPatience
            : !takeover ? _settings.JoinTimeout
            : HoldNewestState() ? sinceEnough + _settings.LatecomerPatience
            : _settings.TakeoverPatience;
    }

    /// <summary>Whether those that are there hold all of the newest state that a former coordinator left word of: whoever comes later brings nothing that is needed.</summary>
    private bool HoldNewestState() => _workers.Memos.Select(memo => (long?)memo.Step).Max() is { } newest && NewestState().Step >= newest;

    /// <summary>Whether those that are there hold less than all members of the last roster did: the others may only be cut off.</summary>
    private bool WouldLoseSteps() =>
        _own.NewestCheckpoint.GetValueOrDefault() < _generations.SealedStep && NewestState().Step < _generations.SealedStep;

    /// <summary>The newest state that those that are ready hold between them.</summary>
    private RecoveryPoint NewestState() => RecoveryPlanner.Choose(Holders(), OptimizerLength(_workers.Reference?.Replica.ParameterLength ?? 0));

    /// <summary>
    /// Who holds what. A snapshot on which not all replicas were seen to agree does not count, nor one of a step whose losses
    /// were never reported: its report was lost, and only computing it again brings them.
    /// </summary>
    private IReadOnlyList<StateHolder> Holders() =>
    [
        .. _workers.Holders().Append(new StateHolder("", _own.Endpoint, [.. _own.Held.Where(held => held.Step > 0)]))
            .Select(holder => holder with { Snapshots = [.. holder.Snapshots.Where(held => CanBeReturnedTo(held.Step))] }),
    ];

    private bool CanBeReturnedTo(long step) => _job is not null
        ? step <= _generations.SealedStep
        // A successor knows the losses and samples before a step only where its predecessor left them with the workers;
        // of a checkpoint's step without them, it would count what follows alone.
        : step == 0 || (_workers.Memos.Any() ? _workers.Memos.Any(memo => memo.Step == step) : step == _own.NewestCheckpoint);

    private long OptimizerLength(long parameterLength) => _settings.Definition.StateNames.Count > 0 ? parameterLength : 0;

    /// <summary>There are too few workers: what they hold is written as a checkpoint, and the job ends.</summary>
    private void GiveUp(string reason)
    {
        if (!_settings.KeepsCheckpoints || _job is not { } job || _generations.LastRoster is not { } roster
            || NewestState().Step is var step && (step == 0 || step <= _own.NewestCheckpoint))
        {
            EndForLack(reason);
            return;
        }

        job.Ledger.ReturnTo(step);
        Enter(new Ending(_now, job, step, reason), reason);
        _checkpoints.Ask(step);
        Do(new Effect.Save(roster, Holders(), new CheckpointRequest(
            step, ParametersSha256: null, job.Ledger.EpochLoss, job.Ledger.Evaluation, job.Ledger.Marked(step)?.Watch ?? job.Ledger.Watch)));
    }

    private void EndForLack(string reason)
    {
        if (_stopping && _job is { } job)
        {
            Finish(job);
        }
        else
        {
            Fail(new TrainingFaultException(reason));
        }
    }

    /// <summary>Those that want to leave and hold nothing that the next generation might need.</summary>
    private void ReleaseLeavers()
    {
        foreach (var leaver in _workers.Leaving.Where(leaver => !_workers.HoldsSnapshot(leaver)))
        {
            Release(leaver);
        }
    }

    private void Release(string workerId)
    {
        var worker = _workers.Address(workerId);
        Do(new Effect.Unwatch(worker));
        Tell(worker, new EndJob(Completed: false, "left in good order"));
        Notice($"{_workers.Name(workerId)} left in good order");
        _workers.Remove(workerId);
    }
}
