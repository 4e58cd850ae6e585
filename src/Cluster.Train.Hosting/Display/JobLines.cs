
namespace Cluster.Train.Hosting.Display;

/// <summary>
/// What is said of a job, a line at a time: the same lines with the same figures on a terminal, in a pipe and in a file.
/// A loss is always the mean over the samples of an epoch: of the whole one in its own line, of the part that is done in
/// between.
/// </summary>
/// <param name="task">Name of the task.</param>
internal sealed class JobLines(string task)
{
    /// <summary>What is known of the job.</summary>
    public JobState State { get; } = new();

    /// <summary>Takes an event.</summary>
    /// <returns>The line that stays; null for progress within an epoch.</returns>
    public FigureLine? Take(object happened)
    {
        switch (happened)
        {
            case RosterFormed roster:
                State.Apply(roster);
                return FigureLine.Of(Describe(roster));
            case JobProgress progress:
                State.Apply(progress);
                return null;
            case EvaluationPoint point:
                State.Apply(point);
                return Describe(point);
            case EpochResult epoch:
                return Describe(epoch, State.Apply(epoch));
            default:
                return FigureLine.Of(happened.ToString() ?? "");
        }
    }

    /// <summary>How far the epoch is.</summary>
    public FigureLine Moment() => new(
    [
        new Figure(Invariant($"epoch {State.Epoch}/{State.TotalEpochs}"), 0), new Figure(Invariant($"step {State.Steps}/{State.TotalSteps}"), 1),
        new Figure(Invariant($"loss so far {Figures.Loss(State.Loss ?? double.NaN)}"), 0), new Figure(Invariant($"{Figures.Count(State.SamplesPerSecond)} samples/s"), 2),
    ]);

    private string Describe(RosterFormed roster)
    {
        var crew = Invariant($"{Figures.Count(roster.Workers, "worker")}, {Figures.Count(roster.Shards, "shard")}{(roster.Generation > 1 ? "" : " (part of the job)")}, topology {roster.Topology}");
        if (roster.Generation > 1) return Invariant($"generation {roster.Generation}: {crew}, from step {roster.FirstStep}");
        var from = roster.FirstStep > 0 ? Invariant($", from step {roster.FirstStep}") : "";
        var test = roster.EvaluationSamples > 0 ? Invariant($" and {roster.EvaluationSamples:N0} test") : "";
        return Invariant($"{task}: {Figures.Count(roster.ParameterCount, "parameter")}, {crew}; {roster.TrainingSamples:N0} training{test} samples; ")
            + Invariant($"{Figures.Count(roster.TotalSteps, "step")}, {Figures.Count(roster.StepsPerEpoch, "step")} an epoch{from}");
    }

    private FigureLine Describe(EvaluationPoint point) => new(
    [
        new Figure(Invariant($"epoch {point.Epoch}/{State.TotalEpochs}"), 0), new Figure(Invariant($"step {point.CompletedSteps}/{State.TotalSteps}"), 1),
        new Figure(Invariant($"loss so far {Figures.Loss(point.Loss)}"), 3), new Figure(Invariant($"test loss {Figures.Loss(point.Evaluation.Loss)}"), 2),
        .. State.Measured(),
    ]);

    private FigureLine Describe(EpochResult epoch, double? samplesPerSecond)
    {
        var figures = new List<Figure>
        {
            new(Invariant($"epoch {epoch.Epoch}/{State.TotalEpochs}"), 0), new(Invariant($"step {epoch.CompletedSteps}/{State.TotalSteps}"), 3), new(Invariant($"loss {Figures.Loss(epoch.Loss)}"), 0),
        };
        if (epoch.Evaluation is { } evaluation) figures.Add(new Figure(Invariant($"test loss {Figures.Loss(evaluation.Loss)}"), 2));
        if (epoch.Evaluation is not null) figures.AddRange(State.Measured());
        if (samplesPerSecond is { } speed) figures.Add(new Figure(Invariant($"{Figures.Count(speed)} samples/s"), 4));
        return new FigureLine([.. figures]);
    }
}
