namespace Cluster.Train.Training;

/// <summary>One evaluation batch: sums over its samples.</summary>
/// <param name="LossSum">Sum of the samples' losses.</param>
/// <param name="Correct">Correct decisions.</param>
/// <param name="Total">All decisions.</param>
/// <param name="Metrics">Sums of the task's metrics.</param>
internal readonly record struct EvaluationSums(double LossSum, long Correct, long Total, MetricSums Metrics);
