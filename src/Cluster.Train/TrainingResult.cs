namespace Cluster.Train;

/// <summary>What a training from code comes to.</summary>
public sealed class TrainingResult : IDisposable
{
    internal TrainingResult(JobOutcome outcome, IReadOnlyList<EpochResult> history, TrainedModel model)
    {
        (Outcome, History, Model) = (outcome, history, model);
    }

    /// <summary>How it ended; <see cref="JobOutcome.Completed"/> is false where it was stopped.</summary>
    public JobOutcome Outcome { get; }

    /// <summary>The epochs that this run completed, in order, each with its evaluation; none where a checkpoint was the job's end already.</summary>
    public IReadOnlyList<EpochResult> History { get; }

    /// <summary>The model with the values after the last step that was done.</summary>
    public TrainedModel Model { get; }

    /// <summary>What went wrong first with the observer: it threw, was too slow or hung, in one line; null for nothing.</summary>
    public string? ObserverTrouble { get; internal init; }

    /// <summary>Frees the model.</summary>
    public void Dispose() => Model.Dispose();
}
