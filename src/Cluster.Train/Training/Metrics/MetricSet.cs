using System.Collections.Immutable;

namespace Cluster.Train.Training;

/// <summary>The metrics of a task: asked for their sums where batches are, and for their values where the sums of all shards are.</summary>
internal sealed class MetricSet
{
    /// <summary>What the loss is called where a metric is named.</summary>
    internal const string Loss = "loss";

    /// <summary>What <see cref="ITrainingTask.Count"/> gives is called so.</summary>
    internal const string Accuracy = "accuracy";

    private static readonly string[] Reserved = [Loss, "eval-loss", "samples", "step", "epoch"];

    private readonly string _task;
    private readonly ImmutableArray<Metric> _metrics;

    private MetricSet(string task, ImmutableArray<Metric> metrics) => (_task, _metrics) = (task, metrics);

    /// <summary>The metrics of no task.</summary>
    internal static MetricSet None { get; } = new("", []);

    /// <summary>Their names.</summary>
    internal IEnumerable<string> Names => _metrics.Select(metric => metric.Name);

    /// <summary>Whether there is none.</summary>
    internal bool IsEmpty => _metrics.IsEmpty;

    /// <summary>A metric by its name; null where there is no such one.</summary>
    internal Metric? Find(string name) => _metrics.FirstOrDefault(metric => metric.Name == name);

    /// <summary>What can be watched of a task: the loss, the accuracy where it has one, and its metrics that are numbers.</summary>
    /// <exception cref="BadInputException">It lists a metric that cannot be used.</exception>
    internal static IReadOnlyList<string> Watchable(ITrainingTask task, TaskSettings settings)
    {
        var metrics = Of(task, settings);
        var counts = task is IOutputsTask several ? several.Counts : task.GetType().GetInterfaceMap(typeof(ITrainingTask)) is var map
            && map.TargetMethods[Array.FindIndex(map.InterfaceMethods, method => method.Name == nameof(ITrainingTask.Count))].DeclaringType is { } writer
            && writer != typeof(ITrainingTask) && !(writer.IsGenericType && writer.GetGenericTypeDefinition() == typeof(TrainingTask<>));
        return
        [
            Loss, .. counts && metrics.Find(Accuracy) is null ? [Accuracy] : Array.Empty<string>(),
            .. metrics._metrics.Where(metric => metric.Columns(1) == 0).Select(metric => metric.Name),
        ];
    }

    /// <summary>The metrics that a task lists.</summary>
    /// <exception cref="BadInputException">One of them is null, or its name cannot be used or is there twice.</exception>
    internal static MetricSet Of(ITrainingTask task, TaskSettings settings)
    {
        ImmutableArray<Metric> metrics;
        try
        {
            metrics = [.. task.Metrics(settings) ?? throw new ArgumentException("it returned null")];
        }
        catch (Exception error) when (error is not (BadInputException or OutOfMemoryException))
        {
            throw new BadInputException($"task '{task.Name}' failed in Metrics: {OneLine.First(error.Message)}", error);
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var metric in metrics)
        {
            var problem = metric is null ? "is null"
                : string.IsNullOrEmpty(metric.Name) || !metric.Name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-')
                    ? "has a name of other characters than lower-case letters, digits and hyphens"
                : Reserved.Contains(metric.Name) ? "has a name that means something else already"
                : !names.Add(metric.Name) ? "is listed twice: give each a name of its own"
                : null;
            if (problem is not null)
            {
                throw new BadInputException($"task '{task.Name}': metric '{metric?.Name}' {problem}");
            }
        }

        return new MetricSet(task.Name, metrics);
    }

    /// <summary>The sums of one batch.</summary>
    /// <param name="prediction">The prediction.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="counts">What the task counts as correct.</param>
    /// <exception cref="BadInputException">A metric failed, or gave no numbers; names it.</exception>
    internal MetricSums Measure(Prediction prediction, Batch batch, EvaluationCounts counts)
    {
        if (IsEmpty)
        {
            return MetricSums.None;
        }

        if (counts.Total > 0 && Find(Accuracy) is not null)
        {
            throw Refused(Accuracy, "is also what Count tells: leave one of the two out");
        }

        var sums = new double[_metrics.Length][];
        for (var i = 0; i < sums.Length; i++)
        {
            var metric = _metrics[i];
            sums[i] = Guarded(metric, () =>
            {
                var (output, samples) = metric.View(prediction, batch);
                var count = metric.SumsFor(output, samples);
                if (count is < 1 or > Metric.MostSums)
                {
                    throw new ArgumentException(Invariant($"it has {count} sums; 1 to {Metric.MostSums} can be had"));
                }

                var own = new double[count];
                metric.Sum(output, samples, own);
                return own;
            });
            if (Array.Exists(sums[i], double.IsNaN))
            {
                throw Refused(metric.Name, "gave a sum that is not a number (NaN)");
            }
        }

        return sums.Sum(row => row.Length) is var all and > Metric.MostSums
            ? throw new BadInputException(Invariant($"task '{_task}': its metrics have {all} sums together, and can have {Metric.MostSums}: leave out '{Largest(sums)}'"))
            : new MetricSums(sums);
    }

    /// <summary>The values of sums over all samples.</summary>
    /// <exception cref="BadInputException">A metric failed, or is not a number; names it.</exception>
    internal ImmutableArray<MetricResult> Results(MetricSums sums) =>
        sums.Values.Length == 0 ? [] : [.. _metrics.Select((metric, i) => Result(metric, sums.Values[i]))];

    private MetricResult Result(Metric metric, double[] sums)
    {
        var columns = Guarded(metric, () => metric.Columns(sums.Length));
        var value = columns > 0 ? double.NaN : Guarded(metric, () => metric.Value(sums));
        return columns == 0 && double.IsNaN(value)
            ? throw Refused(metric.Name, "is not a number (NaN) for the sums " + string.Join(", ", sums.Take(8).Select(sum => Invariant($"{sum:R}"))))
            : new MetricResult(metric.Name, value) { HigherIsBetter = metric.HigherIsBetter, Columns = columns, Sums = [.. sums] };
    }

    private T Guarded<T>(Metric metric, Func<T> ask)
    {
        try
        {
            return ask();
        }
        catch (Exception error) when (error is not (BadInputException or OutOfMemoryException))
        {
            throw Refused(metric.Name, $"failed: {OneLine.First(error.Message)}", error);
        }
    }

    private string Largest(double[][] sums) => _metrics[Array.IndexOf(sums, sums.MaxBy(row => row.Length))].Name;

    private BadInputException Refused(string metric, string problem, Exception? error = null) =>
        error is null ? new($"task '{_task}': metric '{metric}' {problem}") : new($"task '{_task}': metric '{metric}' {problem}", error);
}
