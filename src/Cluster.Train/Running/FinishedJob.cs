using Cluster.Train.Checkpoints;

namespace Cluster.Train.Running;

/// <summary>The result of a job that was done before, as its last checkpoint holds it.</summary>
internal static class FinishedJob
{
    /// <summary>What is told of it.</summary>
    internal static JobOutcome Outcome(LoadedCheckpoint checkpoint)
    {
        var (manifest, metrics) = (checkpoint.Manifest, checkpoint.Manifest.Metrics);
        return new JobOutcome
        {
            Completed = true,
            WasDone = true,
            StoppedEarly = manifest.Watch?.State.StopStep == manifest.Step,
            Best = manifest.Watch is { } watch ? new BestResult(watch.Metric, watch.State.Told.Value, watch.State.Told.Step) : null,
            Steps = manifest.Step,
            Epochs = (int)manifest.Epoch,
            Samples = 0,
            Loss = metrics?.Loss ?? double.NaN,
            Evaluation = metrics?.EvaluationLoss is { } loss
                ? new EvaluationResult(loss, metrics.Accuracy, manifest.Counts?.EvaluationSamples ?? 0)
                {
                    Metrics = [.. metrics.Values.Select(metric => new MetricResult(metric.Key, metric.Value))],
                }
                : null,
            Elapsed = TimeSpan.Zero,
            Workers = 0,
            Topology = "",
            ParameterCount = manifest.Counts?.Parameters ?? 0,
            ParametersSha256 = manifest.ParametersSha256,
            Numerics = manifest.Numerics ?? "",
            Processor = manifest.Processor ?? "",
            Generations = 0,
            Recoveries = 0,
            ReplayedSteps = 0,
            Checkpoint = checkpoint.DirectoryPath,
        };
    }
}
