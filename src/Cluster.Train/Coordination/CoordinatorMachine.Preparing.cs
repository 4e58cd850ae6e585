using Cluster.Train.Membership;
using Cluster.Train.Protocol;

namespace Cluster.Train.Coordination;

/// <summary>Preparing a generation: the state to go on from, the roster, and the members that take their places.</summary>
internal sealed partial class CoordinatorMachine
{
    private void Open(bool takeover, string reason)
    {
        if (_opened)
        {
            FormGeneration();
            return;
        }

        if (_workers.Reference is not { } reference)
        {
            return;
        }

        Enter(new Opening(_now), reason);
        if (takeover)
        {
            Notice(Invariant($"taking the job over after generation {NewestPast}"));
        }

        Do(new Effect.OpenState(reference.Replica, _workers.Desk.Tensors, takeover || _settings.Succeeds));
    }

    private void StateOpened()
    {
        // What the data is like is of interest once nothing speaks against training on it.
        if (!_opened && _workers.Reference is { Remark: { Length: > 0 } remark })
        {
            Notice(remark);
        }

        _opened = true;
        FormGeneration();
    }

    private void FormGeneration()
    {
        var candidates = Candidates();
        if (candidates.Count < _settings.MinWorkers || _workers.Reference is not { } reference)
        {
            Gather("too few workers are left to form a generation");
            return;
        }

        var replica = reference.Replica;
        var holders = Holders();
        var point = RecoveryPlanner.Choose(holders, OptimizerLength(replica.ParameterLength));
        if (_own.NewestCheckpoint is { } newest && newest > point.Step && CanBeReturnedTo(newest) && !_own.Held.Any(held => held.Step == newest))
        {
            Enter(new Opening(_now), point.Reason);
            Notice(Invariant($"{point.Reason}: returning to the checkpoint of step {newest}"));
            Do(new Effect.LoadCheckpoint());
            return;
        }

        if (_job is not { } job)
        {
            var memo = _workers.Memos.FirstOrDefault(memo => memo.Step == point.Step);
            _job = job = new JobBook(_settings, replica, point.Step, memo, _now, _own.NewestCheckpoint == point.Step ? _own.Watched : null);
            if (memo is not null)
            {
                Do(new Effect.ShowRecovery(new JobRecovery(NewestPast, point.Step, ReplayedSteps: 0, "taken over from the coordinator before")));
            }
        }
        else if (_generations.Recovers || point.Step < job.Ledger.CompletedSteps)
        {
            var replayed = job.Recovered(point.Step);
            Do(new Effect.ShowRecovery(new JobRecovery(_generations.Last, point.Step, replayed, _generations.Recovers ? _lossReason : point.Reason)));
        }

        Prepare(job, candidates, replica, holders, point);
    }

    private void Prepare(
        JobBook job, IReadOnlyList<Candidate> candidates, ReplicaDescription replica, IReadOnlyList<StateHolder> holders, RecoveryPoint point)
    {
        var topology = RosterPlanner.Resolve(_settings.Topology);
        var roster = RosterPlanner.Plan(
            _generations.Next(NewestPast), [.. candidates.Take(MostMembers)], _settings.Definition.Shards, topology, replica.VectorLength,
            _newSecret(), _own.Endpoint);
        _generations.Begin(roster, point.Step);
        if (point.Step > 0)
        {
            // The lease that it went out with may have died with the generation before.
            _memo = job.Memo(point.Step, _own.NewestCheckpoint, _now) ?? _memo;
        }

        var sources =
            from holder in holders
            let held = holder.At(point.Step)
            where held is not null
            select holder with { Snapshots = [held] };
        var prepare = new PrepareGeneration(roster, point.Step, job.TotalSteps, [.. sources]);
        Enter(
            new Preparing(_now, new GenerationBook(_settings, roster, point.Step, job.TotalSteps, job.StepsPerEpoch) { EvaluateEvery = job.EvaluateEvery }, job, prepare),
            Invariant($"generation {roster.Generation} begins at step {point.Step}: {point.Reason}"));
        StartWait(Wait.Phase, _settings.JoinTimeout);
        Do(new Effect.WatchPeers(roster));
        // Those that stand by or leave are told, too: the members may need what they hold.
        Do(new Effect.TellAll([.. _workers.Ready.Select(_workers.Address)], prepare));
        if (topology == Topology.Coordinator)
        {
            Do(new Effect.PrepareOwnSlice(prepare));
        }
    }

    private bool HearPreparing(Preparing preparing, IWireMessage message)
    {
        if (message is not GenerationReady ready)
        {
            return false;
        }

        if (IsCurrent(ready))
        {
            TakePlace(preparing, ready.WorkerId);
        }

        return true;
    }

    private void TakePlace(Preparing preparing, string workerId)
    {
        if (!preparing.Generation.Ready(workerId))
        {
            return;
        }

        // Whoever wanted to leave was needed until now: its snapshot was part of the state.
        foreach (var leaver in _workers.Leaving)
        {
            Release(leaver);
        }

        var (generation, job) = (preparing.Generation, preparing.Job);
        foreach (var member in generation.Roster.Workers)
        {
            _meetings.Met(member.WorkerId, _workers.Name(member.WorkerId), EndpointOf(member.WorkerId));
        }

        Enter(new Running(_now, generation, job), "all members have their places");
        Do(new Effect.JournalGeneration(generation.Roster.Generation, generation.FirstStep));
        Do(new Effect.ShowRoster(job.Begin(generation)));
        MembershipChanged();
        GiveLeases();
    }

    /// <summary>How many workers can be members; further ones stand by.</summary>
    private int MostMembers => Math.Min(_settings.MaxWorkers, _settings.Definition.Shards);

    private string? EndpointOf(string workerId) => _workers.Join(workerId)?.Replica.Endpoint;

    /// <summary>The workers that can be members now.</summary>
    private IReadOnlyList<Candidate> Candidates() =>
        [.. _workers.Candidates().Where(candidate => _meetings.LeftOut(candidate.WorkerId, candidate.Name, candidate.Endpoint, _now) == TimeSpan.Zero)];
}
