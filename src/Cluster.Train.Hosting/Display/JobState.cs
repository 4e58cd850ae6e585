namespace Cluster.Train.Hosting.Display;

/// <summary>What a display knows of the job: the newest of each kind of event. Belongs to the display's thread.</summary>
internal sealed class JobState
{
    /// <summary>The current generation; null before the first.</summary>
    public RosterFormed? Roster { get; private set; }

    /// <summary>The last evaluation; null before the first.</summary>
    public EvaluationResult? Evaluation { get; private set; }

    /// <summary>Steps done.</summary>
    public long Steps { get; private set; }

    /// <summary>Mean loss over the epoch, as far as it is done; null before the first step.</summary>
    public double? Loss { get; private set; }

    /// <summary>Samples/s of late.</summary>
    public double SamplesPerSecond { get; private set; }

    /// <summary>Steps of the job.</summary>
    public long TotalSteps => Roster?.TotalSteps ?? 0;

    /// <summary>Epochs of the job; the last may be cut short.</summary>
    public long TotalEpochs => Roster is { StepsPerEpoch: > 0 } roster ? (roster.TotalSteps + roster.StepsPerEpoch - 1) / roster.StepsPerEpoch : 0;

    /// <summary>The epoch that the next step belongs to, from 1.</summary>
    public long Epoch => Roster is { StepsPerEpoch: > 0 } roster ? Math.Min((Steps / roster.StepsPerEpoch) + 1, Math.Max(1, TotalEpochs)) : 0;

    /// <summary>Time to the end at the pace of late; null where it cannot be told yet.</summary>
    public TimeSpan? Left
    {
        get
        {
            if (Roster is not { StepsPerEpoch: > 0, TrainingSamples: > 0 } roster || !(SamplesPerSecond > 0)) return null;
            var seconds = (TotalSteps - Steps) * ((double)roster.TrainingSamples / roster.StepsPerEpoch) / SamplesPerSecond;
            return seconds < TimeSpan.FromDays(999).TotalSeconds ? TimeSpan.FromSeconds(seconds) : null;
        }
    }

    /// <summary>Takes a roster.</summary>
    public void Apply(RosterFormed roster)
    {
        Roster = roster;
        Steps = roster.FirstStep;
    }

    /// <summary>Takes progress.</summary>
    public void Apply(JobProgress progress)
    {
        Steps = progress.CompletedSteps;
        Loss = progress.EpochLoss;
        SamplesPerSecond = progress.SamplesPerSecond;
    }

    /// <summary>Takes an evaluation within an epoch.</summary>
    public void Apply(EvaluationPoint point) => (Steps, Loss, Evaluation) = (point.CompletedSteps, point.Loss, point.Evaluation);

    /// <summary>Takes an epoch's result.</summary>
    /// <returns>Samples/s over that epoch, or over the last two seconds where epochs are shorter; null where it took no measurable time.</returns>
    public double? Apply(EpochResult epoch)
    {
        Steps = epoch.CompletedSteps;
        Loss = epoch.Loss;
        Evaluation = epoch.Evaluation ?? Evaluation;
        return epoch.SamplesPerSecond > 0 ? epoch.SamplesPerSecond : null;
    }

    /// <summary>Accuracy and metrics of the last evaluation, the first ones the last to be left out.</summary>
    public IEnumerable<Figure> Measured() => (Evaluation?.Numbers() ?? []).Select((figure, i) =>
        new Figure($"{figure.Name} {Figures.Metric(figure.Name, figure.Value)}", i == 0 ? 1 : 4 + i));
}
