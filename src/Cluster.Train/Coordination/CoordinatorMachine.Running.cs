using Cluster.Train.Membership;
using Cluster.Train.Protocol;

namespace Cluster.Train.Coordination;

/// <summary>Giving out leases, sealing snapshots, having checkpoints written, and the end of a generation in good order.</summary>
internal sealed partial class CoordinatorMachine
{
    /// <summary>The other members notice first that one hangs, and name it: so much longer their report is waited for.</summary>
    private static readonly TimeSpan CauseGrace = TimeSpan.FromSeconds(2);

    private bool HearRunning(Running running, IWireMessage message)
    {
        if (message is not IGenerationMessage of || !IsCurrent(of))
        {
            return false;
        }

        switch (message)
        {
            case StepReport report:
                Reported(running, report);
                return true;
            case EvaluationProgress progress:
                if (running.Generation.Evaluations.Note(progress))
                {
                    RestartWait();
                }

                return true;
            case LeaseCompleted completed:
                Completed(running, completed);
                return true;
            case SnapshotKept kept:
                if (running.Generation.Snapshots.Keep(kept) is { } snapshot)
                {
                    SnapshotComplete(running, snapshot);
                }

                return true;
            default:
                return false;
        }
    }

    private void Reported(Running running, StepReport report)
    {
        Do(new Effect.JournalSteps(report) { Reductions = running.Job.Reductions });
        IReadOnlyList<ShownEpoch> epochs;
        JobProgress? progress;
        try
        {
            (epochs, progress) = running.Job.Report(report, _now);
        }
        catch (Exception error) when (error is BadInputException or TrainingFaultException)
        {
            // A metric of the user's that has no value.
            Fail(error);
            return;
        }

        foreach (var (epoch, point) in epochs)
        {
            if (epoch is not null)
            {
                Do(new Effect.ShowEpoch(epoch));
            }
            else if (point is not null)
            {
                Do(new Effect.ShowEvaluation(point));
            }

            if (point is not null)
            {
                Do(new Effect.JournalEvaluation(running.Generation.Roster.Generation, point.CompletedSteps, point.Evaluation));
            }
        }

        if (running.Job.TakeReduction() is { } reduction)
        {
            Notice(reduction);
        }

        if (progress is not null)
        {
            Do(new Effect.ShowProgress(progress));
        }

        if (report.Evaluations is [.., var last])
        {
            running.Generation.Evaluations.Finish(report.WorkerId, last.CompletedSteps);
            if (_settings.Definition.Watch is not null)
            {
                // What was waited for may be known now.
                GiveLeases();
            }
        }

        if (Phase is Running)
        {
            RestartWait();
        }
    }

    private void Completed(Running running, LeaseCompleted completed)
    {
        var generation = running.Generation;
        if (!generation.Leases.Complete(completed))
        {
            return;
        }

        if (generation.Snapshots is { Outstanding: true, Last.Step: var step } && step <= generation.Leases.Done)
        {
            StartWait(Wait.Snapshot, _settings.StepTimeout + CauseGrace);
        }

        GiveLeases();
    }

    private void GiveLeases()
    {
        if (Phase is not Running { Generation: var generation, Job: var job })
        {
            return;
        }

        (generation.EndStep, generation.Verdict, generation.Reductions) = (job.EndStep, job.Verdict, job.Reductions);
        while (generation.NextLease(job.SecondsPerStep, job.SnapshotCost, _stopping, _checkpoints.IsCollecting, _memo) is { } lease)
        {
            _memo = null;
            if (lease.Snapshot != SnapshotKind.None)
            {
                job.Ledger.Mark(lease.End);
            }

            Do(new Effect.TellAll([.. generation.Roster.Workers.Select(member => _workers.Address(member.WorkerId))], lease));
            if (generation.Roster.Topology == Topology.Coordinator)
            {
                Do(new Effect.LeaseOwnSlice(lease));
            }
        }

        if (generation.IsOver)
        {
            Conclude(generation, job);
        }
        else
        {
            RestartWait();
        }
    }

    private void RestartWait() => StartWait(_nextReport);

    private void SnapshotComplete(Running running, HeldByAll snapshot)
    {
        var (generation, job) = (running.Generation, running.Job);
        Cancel(Wait.Snapshot);
        job.Snapshot(snapshot);
        if (snapshot is { Agrees: true, Sha256: { } agreed })
        {
            Do(new Effect.JournalHash(generation.Roster.Generation, snapshot.Step, agreed));
        }

        if (!snapshot.Agrees)
        {
            Diverged(snapshot);
            return;
        }

        if (job.Ledger.CompletedSteps < snapshot.Step)
        {
            Recover(Invariant($"the report of step {job.Ledger.CompletedSteps} was lost"), suspect: null);
            return;
        }

        generation.Seal(snapshot.Step);
        _generations.Seal(snapshot.Step);
        Do(new Effect.Seal(snapshot.Step));
        _memo = job.Memo(snapshot.Step, _own.NewestCheckpoint, _now) ?? _memo;
        generation.EndStep = job.EndStep;
        if ((generation.IsCheckpoint(snapshot.Step, _stopping) || job.IsBest(snapshot.Step)) && snapshot.Sha256 is { } sha256)
        {
            Save(generation.Roster, job, snapshot.Step, sha256);
        }

        GiveLeases();
    }

    /// <summary>The generation has ended in good order, and everybody holds its last step.</summary>
    private void Conclude(GenerationBook generation, JobBook job)
    {
        // A stop may come after the last snapshot was asked for without a hash: then the next generation ends with one.
        if (generation.Snapshots.Last is not { Kind: SnapshotKind.KeepAndHash, Step: var step } || (step < job.EndStep && !_stopping))
        {
            EndGeneration(generation.Roster, "the membership changes", suspect: null);
            return;
        }

        if (generation.IsCheckpoint(step, _stopping) && _own.NewestCheckpoint != step && !_checkpoints.IsUnderway(step))
        {
            Save(generation.Roster, job, step, job.ParametersSha256);
        }

        if (_checkpoints.IsUnderway(step))
        {
            Enter(new Ending(_now, job, step, Lack: null), "the last step is done");
        }
        else
        {
            Finish(job);
        }
    }

    /// <summary>Every member holds the step: its own slice, and that of the member before it.</summary>
    private void Save(Roster roster, JobBook job, long step, string? sha256)
    {
        var length = _workers.Reference?.Replica.ParameterLength ?? 0;
        var holders = roster.Members.Select(member => new StateHolder(member.WorkerId, member.Endpoint, [new HeldSnapshot(
            step, HasModel: !member.IsCoordinator,
            [.. new[] { member, BackupPlan.KeptBy(roster, member.Rank) }.OfType<RosterMember>().Select(owner => owner.Slice with
            {
                End = Math.Min(owner.Slice.End, length),
            })])]));
        _checkpoints.Ask(step);
        Do(new Effect.Save(roster, [.. holders], new CheckpointRequest(
            step, sha256, job.Ledger.EpochLoss, job.Ledger.Evaluation, job.Ledger.Marked(step)?.Watch ?? job.Ledger.Watch)));
    }

    private void StopCollecting(long step)
    {
        if (_checkpoints.Collected(step))
        {
            GiveLeases();
        }
    }

    /// <summary>Workers came or want to go: the generation closes at its next snapshot, and nobody replays.</summary>
    private void MembershipChanged()
    {
        Consider();
        if (Phase is not Running { Generation: var generation })
        {
            return;
        }

        string[] members = [.. generation.Roster.Workers.Select(member => member.WorkerId)];
        var next = Candidates().Take(MostMembers).Select(candidate => candidate.WorkerId);
        var changes = !next.ToHashSet(StringComparer.Ordinal).SetEquals(members);
        foreach (var spare in _workers.Leaving.Except(members).ToArray())
        {
            Release(spare);
        }

        if (changes)
        {
            generation.Regroups = true;
            GiveLeases();
        }
    }
}
