namespace Cluster.Train;

/// <summary>
/// What a program is told of a running job: by its coordinator alone, one call at a time, in order, each thing once. Where
/// <see cref="Trainer"/> or a training host runs the job, calls come on a thread of their own (<see cref="ObserverThread"/>): one
/// that throws, hangs or is slow harms nothing. Where <see cref="Running.LocalTraining"/> does, a call must return at once.
/// Progress comes a few times a second, not once a step.
/// </summary>
/// <remarks>
/// When a coordinator is lost, its successor tells its own process's observer what happens from then on: what came after the newest
/// snapshot is told there again.
/// </remarks>
public interface IJobObserver
{
    /// <summary>All members are ready and the first lease goes out. Again after each change of membership.</summary>
    void OnRoster(RosterFormed roster);

    /// <summary>Steps were completed.</summary>
    void OnProgress(JobProgress progress);

    /// <summary>An epoch was completed and evaluated.</summary>
    void OnEpoch(EpochResult epoch);

    /// <summary>An evaluation was done that is not at the end of an epoch. The default does nothing.</summary>
    void OnEvaluation(EvaluationPoint point)
    {
    }

    /// <summary>A checkpoint is on disk, whole. The default does nothing.</summary>
    void OnCheckpoint(CheckpointWritten checkpoint)
    {
    }

    /// <summary>A member was lost, and the job returns to a snapshot or a checkpoint. The default does nothing.</summary>
    void OnRecovery(JobRecovery recovery)
    {
    }

    /// <summary>
    /// The job has ended: the last call, but for notices of files that are closed. Not called where the job never began, or where it
    /// goes on with another coordinator. The default does nothing.
    /// </summary>
    void OnEnd(JobEnding ending)
    {
    }

    /// <summary>Something that the user should read: one line.</summary>
    void OnNotice(string notice);
}

/// <summary>A checkpoint that is on disk.</summary>
/// <param name="Step">Steps of the job done.</param>
/// <param name="Path">Its directory.</param>
public sealed record CheckpointWritten(long Step, string Path);

/// <summary>A return to an earlier step after a fault.</summary>
/// <param name="Generation">The generation that the fault ended.</param>
/// <param name="Step">The step that the job goes on from.</param>
/// <param name="ReplayedSteps">Steps that are computed again; those that a lost coordinator knew of alone are not among them.</param>
/// <param name="Reason">What happened, in one line.</param>
public sealed record JobRecovery(int Generation, long Step, long ReplayedSteps, string Reason);

/// <summary>How a job ended: with an outcome, or with a fault.</summary>
/// <param name="Outcome">Of a job that reached its end or was stopped in good order; null after a fault.</param>
/// <param name="Fault">Why it could not go on, in one line; null where it ended in good order.</param>
public sealed record JobEnding(JobOutcome? Outcome, string? Fault);

/// <summary>A generation has begun.</summary>
/// <param name="Generation">Its number, from 1.</param>
/// <param name="Workers">Number of workers.</param>
/// <param name="Shards">Shards of the job.</param>
/// <param name="Topology">"coordinator" or "sharded".</param>
/// <param name="ParameterCount">Trainable and frozen parameters of the model.</param>
/// <param name="FirstStep">The step it begins with.</param>
/// <param name="TotalSteps">Steps of the whole job.</param>
/// <param name="StepsPerEpoch">Steps of one epoch.</param>
/// <param name="TrainingSamples">Samples of one epoch.</param>
/// <param name="EvaluationSamples">Samples of an evaluation; 0 for none.</param>
public sealed record RosterFormed(
    int Generation, int Workers, int Shards, string Topology, long ParameterCount, long FirstStep, long TotalSteps,
    long StepsPerEpoch, int TrainingSamples, int EvaluationSamples);

/// <summary>How far the job is.</summary>
/// <param name="CompletedSteps">Steps done, of the whole job.</param>
/// <param name="CompletedSamples">Samples trained on since the job began, replays not counted.</param>
/// <param name="Loss">Mean loss over the samples of the newest step.</param>
/// <param name="EpochLoss">Mean loss over the samples of the current epoch so far.</param>
/// <param name="SamplesPerSecond">Of the last two seconds.</param>
public sealed record JobProgress(long CompletedSteps, long CompletedSamples, double Loss, double EpochLoss, double SamplesPerSecond)
{
    /// <summary>Where the time of all workers' steps went so far, replays counted.</summary>
    public StepTime StepTime { get; init; }

    /// <summary>What evaluations have left of the newest step's learning rate, where the schedule is one that they reduce; 1 for all of it.</summary>
    public double RateFactor { get; init; } = 1;
}

/// <summary>The result of one epoch.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="CompletedSteps">Steps of the job done at its end.</param>
/// <param name="Loss">Mean training loss over the epoch's samples, each at the parameters of its step.</param>
/// <param name="Evaluation">At the epoch's end; null where there was none.</param>
/// <param name="Elapsed">Since the run began.</param>
public sealed record EpochResult(int Epoch, long CompletedSteps, double Loss, EvaluationResult? Evaluation, TimeSpan Elapsed)
{
    /// <summary>Over the epoch, or over the last two seconds where epochs are shorter; 0 where no time has passed.</summary>
    public double SamplesPerSecond { get; init; }
}

/// <summary>An exact evaluation: sums over all samples, each counted once.</summary>
/// <param name="Loss">Mean loss over the samples.</param>
/// <param name="Accuracy">Correct decisions / all decisions; null where the task counts none, and has no metric of this name.</param>
/// <param name="Samples">Number of samples.</param>
public sealed record EvaluationResult(double Loss, double? Accuracy, int Samples)
{
    /// <summary>The task's metrics, in its order.</summary>
    public IReadOnlyList<MetricResult> Metrics { get; init; } = [];

    /// <summary>What is shown besides the loss: the accuracy, and the metrics that are numbers.</summary>
    public IEnumerable<(string Name, double Value)> Numbers()
    {
        if (Accuracy is { } accuracy)
        {
            yield return ("accuracy", accuracy);
        }

        foreach (var metric in Metrics.Where(metric => metric.Columns == 0 && metric.Name != "accuracy"))
        {
            yield return (metric.Name, metric.Value);
        }
    }

    /// <inheritdoc/>
    public bool Equals(EvaluationResult? other) => other is not null && Loss.Equals(other.Loss) && Accuracy.Equals(other.Accuracy)
        && Samples == other.Samples && Metrics.SequenceEqual(other.Metrics);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Loss, Accuracy, Samples, Metrics.Count);
}

/// <summary>The best evaluation of a job.</summary>
/// <param name="Metric">What is watched: "loss", "accuracy" or a metric's name.</param>
/// <param name="Value">Its value.</param>
/// <param name="Step">Steps of the job done there.</param>
public sealed record BestResult(string Metric, double Value, long Step);

/// <summary>How a run ended when it reached its end or was stopped in good order.</summary>
public sealed record JobOutcome
{
    /// <summary>False if it was stopped before its last step.</summary>
    public required bool Completed { get; init; }

    /// <summary>
    /// True where a checkpoint was found to be the job's end: nothing was computed, and what is told is the result that
    /// it holds. There were no workers then, and the counts of this run are 0.
    /// </summary>
    public bool WasDone { get; init; }

    /// <summary>Whether it ended before its last step because the metric that it watches had no gain for too long: it is completed then.</summary>
    public bool StoppedEarly { get; init; }

    /// <summary>The best evaluation by the metric that the job watches; null for a job that watches none.</summary>
    public BestResult? Best { get; init; }

    /// <summary>Steps done, of the whole job, those before a resume included.</summary>
    public required long Steps { get; init; }

    /// <summary>Epochs completed.</summary>
    public required int Epochs { get; init; }

    /// <summary>Samples trained on by this run, replays not counted.</summary>
    public required long Samples { get; init; }

    /// <summary>Mean training loss of the last epoch that was completed in this run, or of the steps since if none was.</summary>
    public required double Loss { get; init; }

    /// <summary>The last evaluation; null where there was none.</summary>
    public required EvaluationResult? Evaluation { get; init; }

    /// <summary>What evaluations have left of the last step's learning rate, where the schedule is one that they reduce; 1 for all of it.</summary>
    public double RateFactor { get; init; } = 1;

    /// <summary>All evaluations of this run, in order; those before a resume, or before another coordinator, are not among them.</summary>
    public IReadOnlyList<EvaluationPoint> History { get; init; } = [];

    /// <summary>From the first lease to the last step.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Workers at the end.</summary>
    public required int Workers { get; init; }

    /// <summary>"coordinator" or "sharded".</summary>
    public required string Topology { get; init; }

    /// <summary>Parameters of the model, frozen ones included.</summary>
    public required long ParameterCount { get; init; }

    /// <summary>
    /// SHA-256 over the little-endian float32 parameters in layout order; empty for a job that was stopped while too few
    /// workers were there to hash them.
    /// </summary>
    public required string ParametersSha256 { get; init; }

    /// <summary>The numerics class of the processes that computed it: bits are the same only where this is.</summary>
    public string Numerics { get; init; } = "";

    /// <summary>The processor of the first worker.</summary>
    public string Processor { get; init; } = "";

    /// <summary>Rosters formed.</summary>
    public required int Generations { get; init; }

    /// <summary>Returns to a snapshot after a fault.</summary>
    public required int Recoveries { get; init; }

    /// <summary>Steps computed again after a fault.</summary>
    public required long ReplayedSteps { get; init; }

    /// <summary>Where the time of all workers' steps went in this run, replays counted; snapshots are not in it.</summary>
    public StepTime StepTime { get; init; }

    /// <summary>Share of the elapsed time that snapshots took, 0 to 1.</summary>
    public double SnapshotShare { get; init; }

    /// <summary>The checkpoint written last; null for none.</summary>
    public required string? Checkpoint { get; init; }
}
