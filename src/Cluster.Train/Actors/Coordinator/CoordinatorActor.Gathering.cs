using Akka.Actor;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;

namespace Cluster.Train.Actors.Coordinator;

/// <summary>Waiting for enough workers, and giving up where they do not come.</summary>
internal sealed partial class CoordinatorActor
{
    private const string ConsiderTimer = "consider";
    private static readonly TimeSpan ConsiderInterval = TimeSpan.FromSeconds(1);

    private TimeSpan _gatheringSince;
    private TimeSpan? _enoughSince;
    private long _sealed;
    private string? _waitingFor;
    private bool _opened;
    private string? _lack;

    private void StartGathering()
    {
        _gatheringSince = Now;
        _enoughSince = null;
        _waitingFor = null;
        (_refused, _lastRefusal) = (0, null);
        Enter(Phase.Gathering);
        Timers.StartPeriodicTimer(ConsiderTimer, ConsiderAgain.Instance, ConsiderInterval);
    }

    private void Gathering()
    {
        Receive<ConsiderAgain>(_ => Consider());
        ReceiveAlways();
    }

    /// <summary>A service is asked for the state to begin with; whoever comes in the meantime is taken note of.</summary>
    private void Opening()
    {
        Receive<StateOpened>(_ =>
        {
            // What the data is like is of interest once nothing speaks against training on it.
            if (!_opened && _workers.Reference!.Remark is { Length: > 0 } remark)
            {
                _services.Observer.OnNotice(remark);
            }

            _opened = true;
            FormGeneration();
        });
        Receive<ConsiderAgain>(_ => { });
        ReceiveAlways();
    }

    private void Consider()
    {
        ReleaseLeavers();
        var ready = Candidates().Count;
        if (_stopping && _run is not null && ready < _settings.MinWorkers)
        {
            Timers.Cancel(ConsiderTimer);
            GiveUp("stopped while waiting for workers");
            return;
        }

        var past = _workers.Pasts.Where(past => past.JobHash == _job).ToArray();
        var takeover = _run is null && past.Length > 0;
        if (AreForeign(takeover))
        {
            return;
        }

        _enoughSince = ready >= _settings.MinWorkers ? _enoughSince ?? Now : null;
        var returns = _run is not null && ready >= _settings.MinWorkers && WouldLoseSteps();
        var wanted = returns ? _lastRoster!.Workers.Count()
            : _run is not null ? _settings.MinWorkers
            : takeover ? past.Max(membership => membership.Workers)
            : _settings.Workers;
        var (decision, reason) = Quorum.Decide(new QuorumState(
            ready, _workers.Opening, Math.Min(wanted, _settings.MaxWorkers), _settings.MinWorkers, Since(_gatheringSince),
            Patience(returns, takeover), _settings.JoinTimeout)
        {
            Refused = _refused,
            LastRefusal = _lastRefusal,
        });
        switch (decision)
        {
            case QuorumDecision.Form:
                Timers.Cancel(ConsiderTimer);
                Open(takeover);
                break;
            case QuorumDecision.GiveUp:
                Timers.Cancel(ConsiderTimer);
                GiveUp(reason);
                break;
            default:
                if (reason != _waitingFor && (_run is not null || Now - _gatheringSince > ConsiderInterval))
                {
                    _waitingFor = reason;
                    if (!_settings.InProcess)
                    {
                        _services.Observer.OnNotice($"waiting for {reason}");
                    }
                }

                break;
        }
    }

    /// <summary>How long the wanted number of workers is waited for from the beginning of gathering, once the minimum is there.</summary>
    private TimeSpan Patience(bool returns, bool takeover)
    {
        var sinceEnough = (_enoughSince ?? Now) - _gatheringSince;
        return returns ? sinceEnough + _settings.TakeoverPatience
            : !takeover ? _settings.JoinTimeout
            : HoldNewestState() ? sinceEnough + _settings.LatecomerPatience
            : _settings.TakeoverPatience;
    }

    /// <summary>Whether those that are there hold all of the newest state that a former coordinator left word of: whoever comes later brings nothing that is needed.</summary>
    private bool HoldNewestState() => _workers.Memos.Select(memo => (long?)memo.Step).Max() is { } newest && NewestState().Step >= newest;

    /// <summary>Whether those that are there hold less than all members of the last roster did: the others may only be cut off.</summary>
    private bool WouldLoseSteps() => _services.NewestCheckpoint.GetValueOrDefault() < _sealed && NewestState().Step < _sealed;

    /// <summary>The newest state that those that are ready hold between them; there is at least one.</summary>
    private RecoveryPoint NewestState() => RecoveryPlanner.Choose(Holders(), OptimizerLength(_workers.Reference!.Replica.ParameterLength));

    private void Open(bool takeover)
    {
        if (_opened)
        {
            FormGeneration();
            return;
        }

        Enter(Phase.Opening);
        if (takeover)
        {
            _services.Observer.OnNotice(Invariant($"taking the job over after generation {NewestPast}"));
        }

        var reference = _workers.Reference!;
        _services.OpenAsync(reference.Replica, _workers.Desk.Tensors, takeover || _settings.Succeeds).PipeTo(
            Self, success: () => StateOpened.Instance, failure: error => new ServiceFailed(error));
    }

    private void Release(string workerId)
    {
        var worker = _workers.Ref(workerId);
        Context.Unwatch(worker);
        worker.Tell(new EndJob(Completed: false, "left in good order"));
        _services.Observer.OnNotice($"{_workers.Name(workerId)} left in good order");
        _workers.Remove(workerId);
    }

    /// <summary>Those that want to leave and hold nothing that the next generation might need.</summary>
    private void ReleaseLeavers()
    {
        foreach (var leaver in _workers.Leaving.Where(leaver => !_workers.HoldsSnapshot(leaver)).ToArray())
        {
            Release(leaver);
        }
    }

    private int NewestPast => _workers.Pasts.Select(past => past.Generation).Append(0).Max();

    /// <summary>
    /// Who holds what. A snapshot on which not all replicas were seen to agree does not count, nor one of a step whose losses
    /// were never reported: its report was lost, and only computing it again brings them.
    /// </summary>
    private IReadOnlyList<StateHolder> Holders() =>
    [
        .. _workers.Holders().Append(new StateHolder("", _services.Endpoint, [.. _services.OwnSlice.Held.Where(held => held.Step > 0)]))
            .Select(holder => holder with { Snapshots = [.. holder.Snapshots.Where(held => CanBeReturnedTo(held.Step))] }),
    ];

    private bool CanBeReturnedTo(long step) => _run is not null
        ? step <= _sealed
        // A successor knows the losses and samples before a step only where its predecessor left them with the workers;
        // of a checkpoint's step without them, it would count what follows alone.
        : step == 0 || (_workers.Memos.Any() ? _workers.Memos.Any(memo => memo.Step == step) : step == _services.NewestCheckpoint);

    /// <summary>There are too few workers: what they hold is written as a checkpoint, and the job ends.</summary>
    private void GiveUp(string reason)
    {
        var point = _run is null || _lastRoster is null ? null : NewestState();
        if (!_settings.KeepsCheckpoints || point is null || point.Step == 0 || point.Step <= _services.NewestCheckpoint)
        {
            EndForLack(reason);
            return;
        }

        _lack = reason;
        _run!.Ledger.ReturnTo(point.Step);
        EndWith(point.Step);
        var request = new CheckpointRequest(point.Step, ParametersSha256: null, _run.Ledger.EpochLoss, _run.Ledger.Evaluation);
        _services.CollectAsync(_lastRoster!, Holders(), point.Step).PipeTo(
            Self,
            success: state => new StateCollected(state, request),
            failure: error => new CheckpointFailed(point.Step, error));
    }

    private void EndForLack(string reason)
    {
        if (_stopping)
        {
            Finish();
        }
        else
        {
            Fail(new TrainingFaultException(reason));
        }
    }

    private long OptimizerLength(long parameterLength) => _settings.Definition.Optimizer.StateNames.Count > 0 ? parameterLength : 0;

    private sealed record ConsiderAgain
    {
        internal static ConsiderAgain Instance { get; } = new();
    }

    private sealed record StateOpened
    {
        internal static StateOpened Instance { get; } = new();
    }
}
