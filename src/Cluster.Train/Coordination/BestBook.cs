using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Coordination;

/// <summary>
/// Which evaluation of a job is its best, after which one it ends for want of gain, and after which ones its learning rate is reduced.
/// Pure.
/// </summary>
internal sealed class BestBook
{
    private readonly WatchSettings _settings;
    private readonly bool _higherIsBetter;
    private readonly PlateauBook? _plateau;

    /// <summary>The book of a job that watches something.</summary>
    /// <param name="settings">What is watched.</param>
    /// <param name="higherIsBetter">Whether a larger value is a better one.</param>
    /// <param name="schedule">The job's schedule, which evaluations may reduce; null for one that they do not.</param>
    internal BestBook(WatchSettings settings, bool higherIsBetter, ScheduleSettings? schedule = null)
    {
        (_settings, _higherIsBetter) = (settings, higherIsBetter);
        _plateau = schedule is { NeedsWatch: true } ? new PlateauBook(schedule, IsBetter) : null;
    }

    /// <summary>The book of a job; null where it watches nothing.</summary>
    internal static BestBook? Of(JobDefinition definition, MetricSet metrics) => definition.Watch is { } watch
        ? new BestBook(watch, watch.Metric != MetricSet.Loss && (metrics.Find(watch.Metric)?.HigherIsBetter ?? true), definition.Schedule)
        : null;

    /// <summary>Takes an evaluation.</summary>
    /// <param name="before">What was known; null before the first.</param>
    /// <param name="step">Steps of the job done.</param>
    /// <param name="evaluation">The evaluation.</param>
    /// <exception cref="BadInputException">It does not have the metric.</exception>
    internal WatchState Next(WatchState? before, long step, EvaluationResult evaluation) => Next(before, step, ValueIn(evaluation));

    internal WatchState Next(WatchState? before, long step, double value)
    {
        if (before is null)
        {
            return new WatchState(step, value, value, Since: 0, StopStep: null) { Plateau = _plateau?.Next(null, step, value) };
        }

        // A job that is at its end stays there, whatever is reported again.
        if (before.StopStep is not null)
        {
            return before;
        }

        before = before with { End = null, Plateau = _plateau?.Next(before.Plateau, step, value) };
        var state = IsBetter(value, before.Best, by: 0) ? before with { BestStep = step, Best = value } : before;
        if (IsBetter(value, before.Mark, _settings.LeastGain))
        {
            return state with { Mark = value, Since = 0 };
        }

        var since = before.Since + 1;
        return state with { Since = since, StopStep = since >= _settings.StopAfter ? step : null };
    }

    /// <summary>Takes the evaluation with which a run ends between two.</summary>
    /// <param name="before">What was known.</param>
    /// <param name="step">Steps of the job done.</param>
    /// <param name="evaluation">The evaluation.</param>
    internal WatchState AtEnd(WatchState before, long step, EvaluationResult evaluation) =>
        ValueIn(evaluation) is var value && IsBetter(value, before.Best, by: 0) ? before with { End = (step, value) } : before;

    /// <summary>
    /// The first step beyond which nothing may be computed before its evaluation is known: the earliest at which the job may
    /// end early, or its learning rate be reduced. Null where neither can be.
    /// </summary>
    /// <param name="state">What is known; null before the first evaluation.</param>
    /// <param name="completedSteps">Steps of the job of which all is known.</param>
    /// <param name="every">Steps from one evaluation to the next.</param>
    internal long? Verdict(WatchState? state, long completedSteps, long every)
    {
        // The first evaluation is always a gain.
        var end = _settings.StopAfter is { } patience ? state is null ? patience + 1L : patience - state.Since : (long?)null;
        var reduction = _plateau?.Distance(state?.Plateau);
        if ((end ?? reduction) is not { } evaluations)
        {
            return null;
        }

        var next = (completedSteps / every) + Math.Min(evaluations, reduction ?? evaluations);
        return next > long.MaxValue / every ? long.MaxValue : next * every;
    }

    private bool IsBetter(double value, double than, double by) =>
        !double.IsNaN(value) && (double.IsNaN(than) || (_higherIsBetter ? value > than + by : value < than - by));

    private double ValueIn(EvaluationResult evaluation)
    {
        if (_settings.Metric == MetricSet.Loss)
        {
            return evaluation.Loss;
        }

        foreach (var (name, value) in evaluation.Numbers())
        {
            if (name == _settings.Metric)
            {
                return value;
            }
        }

        throw new BadInputException($"--watch is '{_settings.Metric}', which the evaluation does not have: give one of {string.Join(", ", evaluation.Numbers().Select(number => number.Name).Prepend(MetricSet.Loss))}");
    }
}
