
namespace Cluster.Train.Verification;

/// <summary>What a run leaves to be compared.</summary>
/// <param name="ParametersSha256">The hash of its parameters at the end.</param>
internal sealed record RunTrace(string ParametersSha256)
{
    /// <summary>Its evaluations by the steps done; null for one without samples.</summary>
    internal IReadOnlyDictionary<long, EvaluationResult> Evaluations { get; init; } = new Dictionary<long, EvaluationResult>();

    /// <summary>Where its state parts from the reference's; null where it does not.</summary>
    internal StateParting? Parting { get; init; }

    /// <summary>Its outcome; null where it ran in another process.</summary>
    internal JobOutcome? Outcome { get; init; }

    /// <summary>Something that its reader should know; null for nothing.</summary>
    internal string? Remark { get; init; }

    /// <summary>The first evaluation that another run has too, with other figures, in words; null for none.</summary>
    /// <param name="reference">The other run.</param>
    internal VariantDifference? EvaluationDifference(RunTrace reference)
    {
        foreach (var (step, found) in Evaluations.OrderBy(pair => pair.Key))
        {
            if (reference.Evaluations.TryGetValue(step, out var expected) && expected != found)
            {
                return !expected.Loss.Equals(found.Loss)
                    ? new VariantDifference(step, "the test loss", "", Text(expected.Loss), Text(found.Loss))
                    : !expected.Accuracy.Equals(found.Accuracy)
                    ? new VariantDifference(step, "the accuracy", "", Text(expected.Accuracy), Text(found.Accuracy))
                    : MetricDifference(step, expected, found);
            }
        }

        return null;
    }

    private static VariantDifference MetricDifference(long step, EvaluationResult expected, EvaluationResult found)
    {
        var (one, other) = expected.Metrics.Zip(found.Metrics).FirstOrDefault(pair => pair.First != pair.Second);
        var name = one is null ? "the number of metrics" : $"the metric '{one.Name}'";
        // A sum can differ where the value is the same.
        return one is null || !one.Value.Equals(other.Value)
            ? new VariantDifference(step, name, "", Text(one?.Value), Text(other?.Value))
            : new VariantDifference(step, name, "", Sums(one), Sums(other));
    }

    private static string Sums(MetricResult metric) => string.Join(' ', metric.Sums.Select(sum => Text(sum)));

    private static string Text(double? figure) => figure?.ToString("R", System.Globalization.CultureInfo.InvariantCulture) ?? "none";
}

/// <summary>Keeps the evaluations of a run, and tells how far it is. Its calls come one at a time.</summary>
/// <param name="progress">Is told the steps done, and those of the whole job.</param>
internal sealed class TraceObserver(Action<long, long> progress) : IJobObserver
{
    private long _totalSteps;

    internal Dictionary<long, EvaluationResult> Evaluations { get; } = [];

    /// <summary>Whether it came to its first step.</summary>
    internal bool HasBegun => _totalSteps > 0;

    /// <summary>Steps done.</summary>
    internal long CompletedSteps { get; private set; }

    public void OnRoster(RosterFormed roster)
    {
        _totalSteps = roster.TotalSteps;
        Tell(roster.FirstStep);
    }

    public void OnProgress(JobProgress done) => Tell(done.CompletedSteps);

    public void OnEpoch(EpochResult epoch)
    {
        if (epoch.Evaluation is { } evaluation)
        {
            Evaluations[epoch.CompletedSteps] = evaluation;
        }
    }

    public void OnEvaluation(EvaluationPoint point) => Evaluations[point.CompletedSteps] = point.Evaluation;

    public void OnNotice(string notice)
    {
    }

    private void Tell(long completedSteps)
    {
        CompletedSteps = completedSteps;
        progress(completedSteps, _totalSteps);
    }
}
