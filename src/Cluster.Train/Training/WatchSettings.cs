using System.Collections.Immutable;
using System.Globalization;

namespace Cluster.Train.Training;

/// <summary>What a job makes of a metric of its evaluations: when it stops early, and which checkpoint is its best. An evaluation with which a shorter run ends between two counts for its best alone.</summary>
/// <param name="Metric">"loss", "accuracy" where the task counts one, or one of its metrics.</param>
public sealed record WatchSettings(string Metric)
{
    /// <summary>The metric that every task has.</summary>
    public const string Loss = MetricSet.Loss;

    /// <summary>The field of a job definition that names the metric.</summary>
    internal const string Field = "watch";

    /// <summary>The job ends after so many evaluations without gain, at least 1; null for never.</summary>
    public int? StopAfter { get; init; }

    /// <summary>How much better than the last gain a value must be to be a gain; at least 0.</summary>
    public double LeastGain { get; init; }

    /// <summary>Whether the checkpoint of the best evaluation is kept beside the newest ones.</summary>
    public bool KeepBest { get; init; }

    /// <summary>What can be watched of a task: the loss, the accuracy where it has one, and its metrics that are numbers.</summary>
    /// <exception cref="BadInputException">It lists a metric that cannot be used.</exception>
    public static IReadOnlyList<string> MetricsOf(ITrainingTask task, TaskSettings settings) => MetricSet.Watchable(task, settings);

    /// <summary>Adds the fields that are not at their defaults to a job definition's canonical form.</summary>
    internal void AddTo(ImmutableSortedDictionary<string, string>.Builder fields)
    {
        fields[Field] = Metric;
        if (StopAfter is { } evaluations)
        {
            fields["stop-after"] = Invariant($"{evaluations}");
        }

        if (LeastGain != 0)
        {
            fields["least-gain"] = Invariant($"{LeastGain:R}");
        }

        if (KeepBest)
        {
            fields["keep-best"] = "yes";
        }
    }

    /// <summary>The inverse of <see cref="AddTo"/>; null where there are no such fields.</summary>
    /// <exception cref="FormatException">A field means nothing.</exception>
    internal static WatchSettings? From(IReadOnlyDictionary<string, string> fields) => fields.TryGetValue(Field, out var metric)
        ? new WatchSettings(metric)
        {
            StopAfter = fields.TryGetValue("stop-after", out var evaluations) ? int.Parse(evaluations, NumberStyles.None, CultureInfo.InvariantCulture) : null,
            LeastGain = fields.TryGetValue("least-gain", out var gain) ? double.Parse(gain, NumberStyles.Float, CultureInfo.InvariantCulture) : 0,
            KeepBest = fields.ContainsKey("keep-best"),
        }
        : null;
}

/// <summary>What a job knows of the metric that it watches.</summary>
/// <param name="BestStep">Steps of the job done at the best evaluation.</param>
/// <param name="Best">The metric there.</param>
/// <param name="Mark">The metric at the last gain: what another gain must exceed.</param>
/// <param name="Since">Evaluations since that.</param>
/// <param name="StopStep">The step at which the job ends for want of gain; null while it goes on.</param>
internal sealed record WatchState(long BestStep, double Best, double Mark, int Since, long? StopStep)
{
    /// <summary>
    /// The evaluation with which a run ended between two, where it is better than <see cref="Best"/>: the best of that run, and none of a
    /// longer one that goes on from there. Null otherwise.
    /// </summary>
    internal (long Step, double Value)? End { get; init; }

    /// <summary>What is known for a learning rate that evaluations reduce; null where they do not.</summary>
    internal PlateauState? Plateau { get; init; }

    /// <summary>The best evaluation of the run so far.</summary>
    internal (long Step, double Value) Told => End ?? (BestStep, Best);
}

/// <summary>What a job knows for a learning rate that evaluations reduce.</summary>
/// <param name="Mark">The metric at the last gain: what another gain must exceed.</param>
/// <param name="Since">Evaluations since that, or since the last reduction.</param>
/// <param name="Reductions">Steps of the job from which the rate is reduced once more, in ascending order.</param>
internal sealed record PlateauState(double Mark, int Since, ImmutableArray<long> Reductions);
