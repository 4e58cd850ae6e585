namespace Cluster.Train.Training;

/// <summary>One evaluation batch: sums over its samples.</summary>
/// <param name="LossSum">Sum of the samples' losses, each times what it counts.</param>
/// <param name="Correct">Correct decisions.</param>
/// <param name="Total">All decisions.</param>
/// <param name="Metrics">Sums of the task's metrics.</param>
internal readonly record struct EvaluationSums(double LossSum, long Correct, long Total, MetricSums Metrics)
{
    /// <summary>What the loss counts; null where it counts by its samples.</summary>
    internal double? Weight { get; init; }
}
