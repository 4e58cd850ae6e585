using Cluster.Train.Protocol;

namespace Cluster.Train.Telemetry;

/// <summary>Measures a job by what its observer is told, and passes everything on.</summary>
/// <param name="observer">Is told everything, too.</param>
internal sealed class JobMetering(IJobObserver observer) : IJobObserver, IStatusObserver, IDisposable
{
    private const string MetricTag = "cluster_train.metric";

    private long _steps;
    private long _samples;

    /// <inheritdoc/>
    public void OnRoster(RosterFormed roster)
    {
        if (_steps == 0)
        {
            _steps = roster.FirstStep;
        }

        Metering.Generations.Add(1);
        Metering.Generation.Record(roster.Generation);
        Metering.Workers.Record(roster.Workers);
        Metering.TotalSteps.Record(roster.TotalSteps);
        observer.OnRoster(roster);
    }

    /// <inheritdoc/>
    public void OnProgress(JobProgress progress)
    {
        Metering.Steps.Add(Math.Max(0, progress.CompletedSteps - _steps));
        Metering.Samples.Add(Math.Max(0, progress.CompletedSamples - _samples));
        (_steps, _samples) = (Math.Max(_steps, progress.CompletedSteps), Math.Max(_samples, progress.CompletedSamples));
        Metering.LastStep.Record(progress.CompletedSteps);
        Metering.Loss.Record(progress.EpochLoss);
        observer.OnProgress(progress);
    }

    /// <inheritdoc/>
    public void OnEpoch(EpochResult epoch)
    {
        Evaluated(epoch.Evaluation);
        observer.OnEpoch(epoch);
    }

    /// <inheritdoc/>
    public void OnEvaluation(EvaluationPoint point)
    {
        Evaluated(point.Evaluation);
        observer.OnEvaluation(point);
    }

    /// <inheritdoc/>
    public void OnCheckpoint(CheckpointWritten checkpoint)
    {
        Metering.Checkpoints.Add(1);
        observer.OnCheckpoint(checkpoint);
    }

    /// <inheritdoc/>
    public void OnRecovery(JobRecovery recovery)
    {
        Metering.Recoveries.Add(1);
        Metering.ReplayedSteps.Add(recovery.ReplayedSteps);
        observer.OnRecovery(recovery);
    }

    /// <inheritdoc/>
    public void OnEnd(JobEnding ending)
    {
        Metering.Waited(this, waiting: null);
        observer.OnEnd(ending);
    }

    /// <inheritdoc/>
    public void OnNotice(string notice) => observer.OnNotice(notice);

    /// <inheritdoc/>
    public bool WantsStatus => Metering.Waiting.Enabled || observer is IStatusObserver { WantsStatus: true };

    /// <inheritdoc/>
    public void OnStatus(StatusReport status)
    {
        Metering.Waited(this, status.Waiting);
        Metering.Stands(status);
        (observer as IStatusObserver)?.OnStatus(status);
    }

    /// <summary>The coordinator has ended, perhaps without its job.</summary>
    public void Dispose() => Metering.Waited(this, waiting: null);

    private static void Evaluated(EvaluationResult? evaluation)
    {
        if (evaluation is null || !Metering.Evaluation.Enabled)
        {
            return;
        }

        Metering.Evaluation.Record(evaluation.Loss, KeyValuePair.Create(MetricTag, (object?)"loss"));
        foreach (var (name, value) in evaluation.Numbers())
        {
            Metering.Evaluation.Record(value, KeyValuePair.Create(MetricTag, (object?)name));
        }
    }
}
