using Akka.Actor;
using Cluster.Train.Actors.Snapshots;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;

namespace Cluster.Train.Actors.Coordinator;

/// <summary>Giving out leases, sealing snapshots, having checkpoints written, and the end of a generation in good order.</summary>
internal sealed partial class CoordinatorActor
{
    private static readonly TimeSpan CauseGrace = TimeSpan.FromSeconds(2);

    private const string SnapshotTimer = "snapshot";

    /// <summary>Steps whose checkpoints are on their way to the disk.</summary>
    private readonly HashSet<long> _checkpoints = [];

    /// <summary>The step whose snapshot is being collected for a checkpoint; null for none.</summary>
    private long? _collecting;

    private JobMemo? _memo;

    private void Running()
    {
        Receive<StepReport>(report => IsCurrent(report), report =>
        {
            _run!.Report(report);
            if (report.Evaluations is [.., var last])
            {
                _generation!.Evaluations.Finish(report.WorkerId, last.CompletedSteps);
            }

            RestartWait();
        });
        Receive<EvaluationProgress>(progress => IsCurrent(progress), progress =>
        {
            if (_generation!.Evaluations.Note(progress))
            {
                RestartWait();
            }
        });
        Receive<LeaseCompleted>(completed => IsCurrent(completed), completed =>
        {
            if (_generation!.Leases.Complete(completed))
            {
                if (_generation.Snapshots is { Outstanding: true, Last.Step: var step } && step <= _generation.Leases.Done)
                {
                    Wait(SnapshotTimer, SnapshotTookTooLong.Instance, _settings.StepTimeout + CauseGrace);
                }

                GiveLeases();
            }
        });
        Receive<SnapshotKept>(kept => IsCurrent(kept), kept =>
        {
            if (_generation!.Snapshots.Keep(kept) is { } snapshot)
            {
                SnapshotComplete(snapshot);
            }
        });
        ReceiveEndOfWait<WaitedTooLong>(WaitTimer, StepTimedOut);
        ReceiveEndOfWait<SnapshotTookTooLong>(SnapshotTimer, SnapshotTimedOut);
        ReceiveAlways();
    }

    private void GiveLeases()
    {
        if (_phase != Phase.Running)
        {
            return;
        }

        while (_generation!.NextLease(_run!.SecondsPerStep, _run.SnapshotCost, _stopping, _collecting is not null, _memo) is { } lease)
        {
            _memo = null;
            if (lease.Snapshot != SnapshotKind.None)
            {
                _run.Ledger.Mark(lease.End);
            }

            foreach (var member in _generation.Roster.Workers)
            {
                _workers.Ref(member.WorkerId).Tell(lease);
            }

            if (_generation.Roster.Topology == Topology.Coordinator)
            {
                _services.OwnSlice.Enqueue(lease);
            }
        }

        if (_generation.IsOver)
        {
            Conclude();
        }
        else
        {
            RestartWait();
        }
    }

    private void RestartWait() => Wait(WaitTimer, WaitedTooLong.Instance, _settings.StepTimeout + CauseGrace);

    private void SnapshotComplete(HeldByAll snapshot)
    {
        Timers.Cancel(SnapshotTimer);
        _run!.Snapshot(snapshot);
        if (!snapshot.Agrees)
        {
            Diverged(snapshot);
            return;
        }

        if (_run.Ledger.CompletedSteps < snapshot.Step)
        {
            Recover(Invariant($"the report of step {_run.Ledger.CompletedSteps} was lost"), suspect: null);
            return;
        }

        _fruitless = 0;
        _generation!.Seal(snapshot.Step);
        _sealed = snapshot.Step;
        _services.Seal(snapshot.Step);
        _memo = _run.Memo(snapshot.Step, _services.NewestCheckpoint) ?? _memo;
        if (_generation.IsCheckpoint(snapshot.Step, _stopping) && snapshot.Sha256 is { } sha256)
        {
            Collect(new CheckpointRequest(snapshot.Step, sha256, _run.Ledger.EpochLoss, _run.Ledger.Evaluation));
        }

        GiveLeases();
    }

    /// <summary>The generation has ended in good order, and everybody holds its last step.</summary>
    private void Conclude()
    {
        var (step, kind) = _generation!.Snapshots.Last!.Value;
        // A stop may come after the last snapshot was asked for without a hash: then the next generation ends with one.
        if (kind != SnapshotKind.KeepAndHash || (step < _run!.TotalSteps && !_stopping))
        {
            EndGeneration("the membership changes");
            return;
        }

        if (_generation.IsCheckpoint(step, _stopping) && _services.NewestCheckpoint != step && !_checkpoints.Contains(step))
        {
            Collect(new CheckpointRequest(step, _run.ParametersSha256, _run.Ledger.EpochLoss, _run.Ledger.Evaluation));
        }

        if (_checkpoints.Contains(step))
        {
            EndWith(step);
        }
        else
        {
            Finish();
        }
    }

    private void Collect(CheckpointRequest request)
    {
        _collecting = request.Step;
        _checkpoints.Add(request.Step);
        var roster = _generation!.Roster;
        var length = _workers.Reference!.Replica.ParameterLength;
        var holders = roster.Members
            .Select(member => new StateHolder(
                member.WorkerId, member.Endpoint, [new HeldSnapshot(
                    request.Step, HasModel: !member.IsCoordinator,
                    [.. new[] { member, BackupPlan.KeptBy(roster, member.Rank) }.OfType<RosterMember>().Select(owner => owner.Slice with
                    {
                        End = Math.Min(owner.Slice.End, length),
                    })])]))
            .ToArray();
        _services.CollectAsync(roster, holders, request.Step).PipeTo(
            Self,
            success: state => new StateCollected(state, request),
            failure: error => new CheckpointFailed(request.Step, error));
    }

    private void Collected(StateCollected collected)
    {
        _services.WriteAsync(collected.State, collected.Request).PipeTo(
            Self,
            success: path => new CheckpointSaved(collected.Request.Step, path),
            failure: error => new CheckpointFailed(collected.Request.Step, error));
        StopCollecting(collected.Request.Step);
    }

    private void StopCollecting(long step)
    {
        if (_collecting == step)
        {
            _collecting = null;
            GiveLeases();
        }
    }

    /// <summary>Workers came or want to go: the generation closes at its next snapshot, and nobody replays.</summary>
    private void MembershipChanged()
    {
        if (_phase == Phase.Gathering)
        {
            Consider();
        }

        if (_phase != Phase.Running)
        {
            return;
        }

        var members = _generation!.Roster.Workers.Select(member => member.WorkerId).ToArray();
        var next = Candidates().Take(Math.Min(_settings.MaxWorkers, _settings.Definition.Shards)).Select(candidate => candidate.WorkerId);
        var changes = !next.ToHashSet(StringComparer.Ordinal).SetEquals(members);
        foreach (var spare in _workers.Leaving.Except(members).ToArray())
        {
            Release(spare);
        }

        if (changes)
        {
            _generation.Regroups = true;
            GiveLeases();
        }
    }

    private sealed record SnapshotTookTooLong
    {
        internal static SnapshotTookTooLong Instance { get; } = new();
    }

    private sealed record StateCollected(CollectedState State, CheckpointRequest Request);
}
