using Cluster.Train.Protocol;
using Cluster.Train.Training;

namespace Cluster.Train.Coordination;

/// <summary>
/// Puts the shards' reports together to losses of steps, epochs and evaluations. Sums run over shards and steps in
/// ascending order, so that what is printed does not depend on who reported first. Pure: no actor, no clock.
/// </summary>
/// <param name="firstStep">Steps done before this run.</param>
/// <param name="stepsPerEpoch">Steps of one epoch.</param>
/// <param name="shards">Shards of the job.</param>
/// <param name="shardSamples">Samples of a shard at a step.</param>
/// <param name="evaluateEvery">There is an evaluation every so many steps, and at the job's end; null for none.</param>
/// <param name="totalSteps">Steps of the job.</param>
/// <param name="metrics">The task's metrics.</param>
/// <param name="best">What is made of its evaluations; null for nothing.</param>
internal sealed class StepLedger(
    long firstStep, long stepsPerEpoch, int shards, Func<long, int, int> shardSamples, long? evaluateEvery, long totalSteps, MetricSet metrics,
    BestBook? best = null)
{
    private readonly Dictionary<long, PendingStep> _pending = [];
    private readonly SortedDictionary<long, ShardEvaluation?[]> _evaluations = [];
    private readonly HashSet<long> _marks = [];
    private readonly Dictionary<long, LedgerState> _marked = new() { [0] = new LedgerState(0, 0, 0, null, null) };
    private double _epochLossSum;
    private long _epochSamples;
    private double? _epochWeight;

    /// <summary>Steps of the job that all shards have reported.</summary>
    internal long CompletedSteps { get; private set; } = firstStep;

    /// <summary>Samples of the steps completed in this run, replays not counted.</summary>
    internal long CompletedSamples { get; private set; }

    /// <summary>Mean loss over the samples of the newest completed step, or what the task's weights count.</summary>
    internal double Loss { get; private set; }

    /// <summary>Mean loss over the samples of the current epoch so far, or of the whole last one right at its end.</summary>
    internal double EpochLoss { get; private set; }

    /// <summary>The newest complete evaluation.</summary>
    internal EvaluationResult? Evaluation { get; private set; }

    /// <summary>What is known of the metric that the job watches; null for nothing.</summary>
    internal WatchState? Watch { get; private set; }

    /// <summary>Mean training loss of the last epoch completed in this run.</summary>
    internal double? LastEpochLoss { get; private set; }

    /// <summary>Goes on where a former coordinator was.</summary>
    internal void Restore(LedgerState state)
    {
        _marked[CompletedSteps] = state;
        CompletedSamples = state.Samples;
        (_epochLossSum, _epochSamples, _epochWeight) = (state.EpochLossSum, state.EpochSamples, state.EpochWeight);
        EpochLoss = _epochSamples > 0 ? _epochLossSum / (_epochWeight ?? _epochSamples) : 0;
        LastEpochLoss = state.LastEpochLoss;
        Evaluation = state.Evaluation;
        Watch = state.Watch;
    }

    /// <summary>What is known once these steps are completed is kept, until <see cref="DropMarked"/>.</summary>
    internal void Mark(long completedSteps)
    {
        if (completedSteps == CompletedSteps)
        {
            _marked[completedSteps] = State;
        }
        else if (completedSteps > CompletedSteps)
        {
            _marks.Add(completedSteps);
        }
    }

    /// <summary>What was known when these steps were completed; null where they were not marked or are not completed yet.</summary>
    internal LedgerState? Marked(long completedSteps) => _marked.GetValueOrDefault(completedSteps);

    /// <summary>Training cannot return to a step before this one any more, except to step 0: what was marked between is forgotten.</summary>
    internal void DropMarked(long before)
    {
        foreach (var step in _marked.Keys.Where(step => step > 0 && step < before).ToArray())
        {
            _marked.Remove(step);
        }
    }

    /// <summary>
    /// Training returns to a step. Where it was marked, what was reported since is forgotten: it is reported again, and
    /// counts once. Where it was not, what is reported again changes nothing.
    /// </summary>
    internal void ReturnTo(long completedSteps)
    {
        if (_marked.TryGetValue(completedSteps, out var state))
        {
            CompletedSteps = completedSteps;
            Restore(state);
            _pending.Clear();
            _evaluations.Clear();
            _marks.Clear();
            foreach (var step in _marked.Keys.Where(step => step > completedSteps).ToArray())
            {
                _marked.Remove(step);
            }
        }
    }

    /// <summary>Takes a report. A step that was reported before changes nothing.</summary>
    /// <returns>The epochs that this report completed, and the evaluations within epochs, in order.</returns>
    internal IReadOnlyList<LedgerEpoch> Add(StepReport report)
    {
        for (var row = 0; row < report.Steps; row++)
        {
            var step = report.FirstStep + row;
            if (step < CompletedSteps)
            {
                continue;
            }

            var pending = Pending(step);
            for (var column = 0; column < report.Shards.Count; column++)
            {
                var index = (row * report.Shards.Count) + column;
                pending.Set(report.Shards.First + column, report.ShardLosses[index], report.ShardWeights.IsEmpty ? null : report.ShardWeights[index]);
            }
        }

        foreach (var evaluation in report.Evaluations)
        {
            if (evaluation.CompletedSteps <= CompletedSteps)
            {
                continue;
            }

            if (!_evaluations.TryGetValue(evaluation.CompletedSteps, out var parts))
            {
                _evaluations[evaluation.CompletedSteps] = parts = new ShardEvaluation?[shards];
            }

            parts[evaluation.Shard] = evaluation;
        }

        return Advance() ?? (IReadOnlyList<LedgerEpoch>)[];
    }

    private LedgerState State => new(CompletedSamples, _epochLossSum, _epochSamples, LastEpochLoss, Evaluation, Watch) { EpochWeight = _epochWeight };

    /// <returns>Null for none, as after most reports.</returns>
    private List<LedgerEpoch>? Advance()
    {
        List<LedgerEpoch>? epochs = null;
        while (_pending.TryGetValue(CompletedSteps, out var next) && next.IsComplete)
        {
            var atEnd = (next.Step + 1) % stepsPerEpoch == 0 || next.Step + 1 == totalSteps;
            EvaluationResult? evaluation = null;
            var evaluates = evaluateEvery is { } every && ((next.Step + 1) % every == 0 || next.Step + 1 == totalSteps);
            if (evaluates && !TryTakeEvaluation(next.Step + 1, out evaluation))
            {
                break;
            }

            _pending.Remove(next.Step);
            Complete(next);
            Evaluation = evaluation ?? Evaluation;
            if (evaluation is not null && CompletedSteps % evaluateEvery == 0)
            {
                Watch = best?.Next(Watch, CompletedSteps, evaluation);
            }
            else if (evaluation is not null && Watch is not null)
            {
                // One at the end of a run that is cut short is none of the longer run that goes on from there.
                Watch = best?.AtEnd(Watch, CompletedSteps, evaluation);
            }

            LastEpochLoss = atEnd ? EpochLoss : LastEpochLoss;
            if (atEnd || evaluates)
            {
                (epochs ??= []).Add(new LedgerEpoch((int)((next.Step / stepsPerEpoch) + 1), next.Step + 1, EpochLoss, evaluation) { Ends = atEnd });
            }

            if (_marks.Remove(CompletedSteps))
            {
                _marked[CompletedSteps] = State;
            }
        }

        return epochs;
    }

    private void Complete(PendingStep step)
    {
        if (step.Step % stepsPerEpoch == 0)
        {
            (_epochLossSum, _epochSamples, _epochWeight) = (0, 0, null);
        }

        var total = LossSum.Of(step.Losses, step.Weights, shard => shardSamples(step.Step, shard));
        long samples = 0;
        for (var shard = 0; shard < shards; shard++)
        {
            samples += shardSamples(step.Step, shard);
        }

        Loss = total.Mean;
        _epochLossSum += total.Sum;
        _epochSamples += samples;
        _epochWeight = step.Weights is null ? null : (_epochWeight ?? 0) + total.Counts;
        EpochLoss = _epochLossSum / (_epochWeight ?? _epochSamples);
        CompletedSamples += samples;
        CompletedSteps = step.Step + 1;
    }

    private bool TryTakeEvaluation(long completedSteps, out EvaluationResult? result)
    {
        result = null;
        if (!_evaluations.TryGetValue(completedSteps, out var parts) || Array.Exists(parts, part => part is null))
        {
            return false;
        }

        _evaluations.Remove(completedSteps);
        result = ShardEvaluation.Whole(parts!, metrics);
        return true;
    }

    private PendingStep Pending(long step)
    {
        if (!_pending.TryGetValue(step, out var pending))
        {
            _pending[step] = pending = new PendingStep(step, shards);
        }

        return pending;
    }
}

/// <summary>An epoch that is complete, or the part of one with which the job ends.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="CompletedSteps">Steps of the job done at its end.</param>
/// <param name="Loss">Mean training loss.</param>
/// <param name="Evaluation">Null where there is none.</param>
internal sealed record LedgerEpoch(int Epoch, long CompletedSteps, double Loss, EvaluationResult? Evaluation)
{
    /// <summary>False for an evaluation within the epoch.</summary>
    internal bool Ends { get; init; } = true;
}

/// <summary>What a ledger knows at a step, besides steps that are not complete.</summary>
/// <param name="Samples">Samples trained on.</param>
/// <param name="EpochLossSum">Sum of the losses of the current epoch's samples.</param>
/// <param name="EpochSamples">How many these are.</param>
/// <param name="LastEpochLoss">Mean loss of the last complete epoch; null for none.</param>
/// <param name="Evaluation">The newest evaluation; null for none.</param>
/// <param name="Watch">What is known of the metric that the job watches; null for nothing.</param>
internal sealed record LedgerState(
    long Samples, double EpochLossSum, long EpochSamples, double? LastEpochLoss, EvaluationResult? Evaluation, WatchState? Watch = null)
{
    /// <summary>What the losses of the current epoch count together; null where they count by their samples.</summary>
    internal double? EpochWeight { get; init; }
}
