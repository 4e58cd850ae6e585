using System.Collections.Immutable;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Coordination;

/// <summary>A job over all its generations: losses, time, counts, and what was shown of them. Pure: the time is given.</summary>
internal sealed class JobBook
{
    private readonly CoordinatorSettings _settings;
    private readonly ReplicaDescription _replica;
    private readonly BatchPlan _plan;
    private readonly BestBook? _best;
    private readonly Throughput _throughput = new();
    private readonly Throughput _epochs = new();
    private readonly TimeSpan _started;
    private readonly List<EvaluationPoint> _history = [];
    private TimeSpan _advanced;
    private (long Step, string Sha256)? _hashed;
    private long _told;
    private long _toldReduction;
    private double _snapshotSeconds;
    private int _snapshots;
    private int _generations;
    private int _recoveries;
    private long _replayedSteps;
    private StepTime _stepTime;
    private string _topology = "";
    private string _checkpoint = "";
    private int _workers;

    /// <summary>A job that begins, or goes on.</summary>
    /// <param name="settings">The job.</param>
    /// <param name="replica">A replica of it.</param>
    /// <param name="firstStep">Steps done before.</param>
    /// <param name="memo">What a former coordinator knew at that step; null for nothing.</param>
    /// <param name="now">The time.</param>
    /// <param name="watch">What a checkpoint of that step knows of the metric that the job watches; null for nothing.</param>
    internal JobBook(CoordinatorSettings settings, ReplicaDescription replica, long firstStep, JobMemo? memo, TimeSpan now, WatchState? watch = null)
    {
        (_settings, _replica, _started) = (settings, replica, now);
        _plan = BatchPlan.Of(settings.Definition, replica.TrainingSamples);
        TotalSteps = settings.Definition.Length.TotalSteps(_plan.StepsPerEpoch);
        Ledger = new StepLedger(
            firstStep, _plan.StepsPerEpoch, settings.Definition.Shards, (step, shard) => _plan.ShardOf(step, shard).Count,
            replica.EvaluationSamples > 0 ? EvaluateEvery : null, TotalSteps, settings.Metrics, _best = BestBook.Of(settings.Definition, settings.Metrics));
        SnapshotCost = SnapshotPlanner.ExpectedCost(replica.VectorLength);
        if (memo is not null)
        {
            _started -= TimeSpan.FromSeconds(memo.Seconds);
            (_snapshotSeconds, _recoveries, _replayedSteps, _checkpoint) = (memo.SnapshotSeconds, memo.Recoveries + 1, memo.ReplayedSteps, memo.Checkpoint);
            Ledger.Restore(MemoMapping.ToLedger(memo, settings.Metrics));
        }
        else if (watch is not null)
        {
            Ledger.Restore(new LedgerState(0, 0, 0, null, null, watch));
        }

        (_told, _toldReduction, _advanced) = (firstStep, firstStep, now);
        _throughput.Start(now, Ledger.CompletedSamples);
        _epochs.Start(now - _started, SamplesIn(firstStep));
    }

    internal StepLedger Ledger { get; }

    /// <summary>Steps of the whole job.</summary>
    internal long TotalSteps { get; }

    /// <summary>The step at which the job ends: its last one, or an earlier one where there was no gain for too long.</summary>
    internal long EndStep => Ledger.Watch?.StopStep ?? TotalSteps;

    /// <summary>No step beyond this one may be leased before its evaluation is known; null for no such step.</summary>
    internal long? Verdict => _best?.Verdict(Ledger.Watch, Ledger.CompletedSteps, EvaluateEvery);

    /// <summary>Steps from which evaluations have reduced the learning rate once more, as far as is known.</summary>
    internal ImmutableArray<long> Reductions => Ledger.Watch?.Plateau?.Reductions ?? [];

    /// <summary>Steps from one evaluation to the next.</summary>
    internal long EvaluateEvery => _settings.Definition.EvaluateEvery.Steps(_plan.StepsPerEpoch);

    internal long StepsPerEpoch => _plan.StepsPerEpoch;

    /// <summary>Measured; null before the first report.</summary>
    internal double? SecondsPerStep { get; private set; }

    /// <summary>Seconds of the newest snapshot; what is expected before the second.</summary>
    internal double SnapshotCost { get; private set; }

    /// <summary>The hash of the parameters at the last completed step; null where they were not hashed there.</summary>
    internal string? ParametersSha256 => _hashed is { } hashed && hashed.Step == Ledger.CompletedSteps ? hashed.Sha256 : null;

    /// <summary>Samples a second, of the last two seconds.</summary>
    internal double SamplesPerSecond { get; private set; }

    /// <summary>A generation has begun.</summary>
    /// <returns>What is shown of it.</returns>
    internal RosterFormed Begin(GenerationBook generation)
    {
        var roster = generation.Roster;
        _generations = roster.Generation;
        _workers = roster.Workers.Count();
        _topology = roster.Topology == Topology.Sharded ? "sharded" : "coordinator";
        return new RosterFormed(
            roster.Generation, _workers, _settings.Definition.Shards, _topology, _replica.ParameterCount,
            generation.FirstStep, TotalSteps, _plan.StepsPerEpoch, _replica.TrainingSamples, _replica.EvaluationSamples);
    }

    /// <summary>Training returns to a step.</summary>
    /// <returns>How many steps are computed again.</returns>
    internal long Recovered(long step)
    {
        var replayed = Math.Max(0, Ledger.CompletedSteps - step);
        _recoveries++;
        _replayedSteps += replayed;
        Ledger.ReturnTo(step);
        return replayed;
    }

    /// <summary>Takes a worker's report.</summary>
    /// <returns>What is shown: epochs that ended, evaluations within epochs, and how far the job is; what is replayed was shown before.</returns>
    internal (IReadOnlyList<ShownEpoch> Epochs, JobProgress? Progress) Report(StepReport report, TimeSpan now)
    {
        if (report.Steps > 0)
        {
            var measured = report.Seconds / report.Steps;
            SecondsPerStep = SecondsPerStep is { } before ? (before + measured) / 2 : measured;
        }

        _stepTime += StepTime.Of(report.Phases);
        var completed = Ledger.CompletedSteps;
        var ended = Ledger.Add(report);
        IReadOnlyList<ShownEpoch> epochs = ended.Count == 0 ? [] : Shown(ended, completed, now);
        if (Ledger.CompletedSteps <= _told)
        {
            return (epochs, null);
        }

        (_told, _advanced) = (Ledger.CompletedSteps, now);
        SamplesPerSecond = _throughput.Add(now, Ledger.CompletedSamples);
        var progress = new JobProgress(Ledger.CompletedSteps, Ledger.CompletedSamples, Ledger.Loss, Ledger.EpochLoss, SamplesPerSecond);
        return (epochs, progress with
        {
            StepTime = _stepTime,
            RateFactor = RateFactorAfter(Ledger.CompletedSteps),
        });
    }

    private ShownEpoch[] Shown(IReadOnlyList<LedgerEpoch> ended, long completed, TimeSpan now)
    {
        ShownEpoch[] epochs = [.. ended.Where(epoch => epoch.CompletedSteps > _told).Select(epoch => ResultOf(epoch, completed, now))];
        _history.AddRange(epochs.Select(epoch => epoch.Point).OfType<EvaluationPoint>());
        return epochs;
    }

    /// <summary>One report of a tiny model completes many epochs: their ends are spread over the time that it covers.</summary>
    private ShownEpoch ResultOf(LedgerEpoch epoch, long completed, TimeSpan now)
    {
        var share = (double)(epoch.CompletedSteps - completed) / (Ledger.CompletedSteps - completed);
        var elapsed = _advanced - _started + (share * (now - _advanced));
        return new ShownEpoch(
            epoch.Ends ? new EpochResult(epoch.Epoch, epoch.CompletedSteps, epoch.Loss, epoch.Evaluation, elapsed)
            {
                SamplesPerSecond = _epochs.Add(elapsed, SamplesIn(epoch.CompletedSteps)),
            }
            : null,
            epoch.Evaluation is { } evaluation ? new EvaluationPoint(epoch.Epoch, epoch.CompletedSteps, epoch.Loss, evaluation, elapsed)
            {
                RateFactor = RateFactorAfter(epoch.CompletedSteps),
            }
            : null);
    }

    /// <summary>What evaluations have left of the learning rate of the last of so many steps.</summary>
    private double RateFactorAfter(long completedSteps) => PlateauRate.Factor(_settings.Definition.Schedule, Reductions.Count(step => step < completedSteps));

    /// <summary>Samples of so many steps, all taken as equally long.</summary>
    private long SamplesIn(long steps) => (long)((double)_replica.TrainingSamples * steps / _plan.StepsPerEpoch);

    /// <summary>All members hold a snapshot.</summary>
    internal void Snapshot(HeldByAll snapshot)
    {
        // The first one also pays for code that runs for the first time.
        SnapshotCost = _snapshots++ == 0 ? SnapshotCost : snapshot.Seconds;
        _snapshotSeconds += snapshot.Seconds;
        _hashed = snapshot.Sha256 is { } hash ? (snapshot.Step, hash) : _hashed;
    }

    /// <summary>Whether the best evaluation so far is that of a step, and its checkpoint is to be kept.</summary>
    internal bool IsBest(long step) =>
        _settings is { KeepsCheckpoints: true, Definition.Watch.KeepBest: true } && Ledger.Marked(step)?.Watch?.Told.Step == step;

    internal void Saved(string checkpoint) => _checkpoint = checkpoint;

    /// <summary>What a successor should find at a step that everybody holds; null where the step is not complete in the ledger.</summary>
    /// <param name="step">The step; nobody returns to one before it, but to a checkpoint.</param>
    /// <param name="newestCheckpoint">The newest one on disk; null for none.</param>
    /// <param name="now">The time.</param>
    internal JobMemo? Memo(long step, long? newestCheckpoint, TimeSpan now)
    {
        Ledger.DropMarked(_settings.KeepsCheckpoints ? Math.Min(step, newestCheckpoint ?? 0) : step);
        return Ledger.Marked(step) is { } state
            ? MemoMapping.From(state, step, (now - _started).TotalSeconds, _snapshotSeconds, _recoveries, _replayedSteps, _checkpoint)
            : null;
    }

    /// <summary>What is shown of a learning rate that evaluations have reduced since it was asked last; null for nothing.</summary>
    internal string? TakeReduction()
    {
        if (Reductions is not [.., var step] || step <= _toldReduction || _settings.Definition is not { Watch: { } watch, Schedule: var schedule })
        {
            return null;
        }

        _toldReduction = step;
        return Invariant($"after step {step:N0} the learning rate goes down to {PlateauRate.Factor(schedule, Reductions.Length):G6} of what the schedule began with: no gain in {watch.Metric} in {schedule.Patience + 1} evaluations");
    }

    /// <summary>The numerics class of its workers.</summary>
    internal string Numerics => _replica.Numerics;

    /// <summary>The job as it ends now.</summary>
    internal JobOutcome Outcome(TimeSpan now)
    {
        var elapsed = now - _started;
        return new JobOutcome
        {
            Completed = Ledger.CompletedSteps >= EndStep,
            StoppedEarly = Ledger.Watch?.StopStep is not null,
            Best = (_settings.Definition.Watch, Ledger.Watch) is ({ } watched, { } state) ? new BestResult(watched.Metric, state.Told.Value, state.Told.Step) : null,
            Steps = Ledger.CompletedSteps,
            Epochs = (int)(Ledger.CompletedSteps / _plan.StepsPerEpoch),
            Samples = Ledger.CompletedSamples,
            Loss = Ledger.LastEpochLoss ?? Ledger.EpochLoss,
            Evaluation = Ledger.Evaluation,
            RateFactor = RateFactorAfter(Ledger.CompletedSteps),
            History = [.. _history],
            Elapsed = elapsed,
            Workers = _workers,
            Topology = _topology,
            ParameterCount = _replica.ParameterCount,
            ParametersSha256 = ParametersSha256 ?? "",
            Numerics = _replica.Numerics,
            Processor = _replica.Processor,
            Generations = _generations,
            Recoveries = _recoveries,
            ReplayedSteps = _replayedSteps,
            StepTime = _stepTime,
            SnapshotShare = elapsed > TimeSpan.Zero ? _snapshotSeconds / elapsed.TotalSeconds : 0,
            Checkpoint = _checkpoint.Length > 0 ? _checkpoint : null,
        };
    }
}

/// <summary>What is shown at the end of an epoch, or of an evaluation within one.</summary>
/// <param name="Epoch">The epoch; null where it has not ended.</param>
/// <param name="Point">The evaluation; null where there is none.</param>
internal sealed record ShownEpoch(EpochResult? Epoch, EvaluationPoint? Point);
