using Cluster.Train.Running;
using Cluster.Train.Running.Prediction;
using Cluster.Train.Running.Replay;
using Cluster.Train.Training;

namespace Cluster.Train.Hosting.Engines;

/// <summary>What the verbs ask of the trainer, so that the command line can be tested without one.</summary>
internal interface ITrainingEngine
{
    /// <inheritdoc cref="LocalTraining.RunAsync"/>
    Task<JobOutcome> RunAsync(TrainingOptions options, IJobObserver observer, CancellationToken stop);

    /// <inheritdoc cref="LocalTraining.EvaluateAsync(ITrainingTask, string, string?, string, int, CancellationToken)"/>
    /// <remarks>Or, of new samples, <see cref="LocalTraining.EvaluateNewAsync"/>.</remarks>
    Task<EvaluationResult> EvaluateAsync(ITrainingTask task, string checkpoint, string? dataDirectory, string device, int workers, bool isNew, CancellationToken stop);

    /// <inheritdoc cref="TrainedModel.WritePredictionsAsync"/>
    Task<PredictionSummary> PredictAsync(
        ITrainingTask task, string checkpoint, TextWriter output, string? dataDirectory, string device, int workers, CancellationToken stop);

    /// <inheritdoc cref="LocalTraining.DescribeMemoryAsync"/>
    Task<string> DescribeMemoryAsync(TrainingOptions options);

    /// <inheritdoc cref="JournalReplay.RunAsync"/>
    Task<ReplayResult> ReplayAsync(ReplayOptions options, IJobObserver observer, CancellationToken stop);
}

/// <summary>Coordinator and workers in this process.</summary>
internal sealed class LocalEngine : ITrainingEngine
{
    public Task<JobOutcome> RunAsync(TrainingOptions options, IJobObserver observer, CancellationToken stop) =>
        LocalTraining.RunAsync(options, observer, stop);

    public Task<EvaluationResult> EvaluateAsync(ITrainingTask task, string checkpoint, string? dataDirectory, string device, int workers, bool isNew, CancellationToken stop) => isNew
        ? LocalTraining.EvaluateNewAsync(task, checkpoint, dataDirectory, device, workers, stop)
        : LocalTraining.EvaluateAsync(task, checkpoint, dataDirectory, device, workers, stop);

    public Task<PredictionSummary> PredictAsync(
        ITrainingTask task, string checkpoint, TextWriter output, string? dataDirectory, string device, int workers, CancellationToken stop) =>
        TrainedModel.WritePredictionsAsync(task, checkpoint, output, dataDirectory, device, workers, stop);

    public Task<string> DescribeMemoryAsync(TrainingOptions options) => LocalTraining.DescribeMemoryAsync(options);

    public Task<ReplayResult> ReplayAsync(ReplayOptions options, IJobObserver observer, CancellationToken stop) =>
        JournalReplay.RunAsync(options, observer, stop);
}
