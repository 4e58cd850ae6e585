using System.Text;
using Cluster.Train.Actors;

namespace Cluster.Train.Hosting.Display;

/// <summary>
/// For a pipe or a file: one line an epoch. Where an epoch takes long, a line every ten seconds says how far it is.
/// </summary>
/// <param name="output">Where the lines go.</param>
/// <param name="task">Name of the task.</param>
/// <param name="time">The clock.</param>
internal sealed class PlainDisplay(TextWriter output, string task, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(10);

    private readonly JobState _state = new();
    private long _lastLine = time.GetTimestamp();
    private long _lastEpochEnd;

    /// <summary>Writes lines until the events end.</summary>
    public void Show(JobEvents events)
    {
        while (events.Take(Timeout.InfiniteTimeSpan, out var taken))
        {
            var text = new StringBuilder();
            foreach (var happened in taken)
            {
                if (Line(happened) is { } line) text.AppendLine(line);
            }

            if (text.Length > 0)
            {
                _lastLine = time.GetTimestamp();
                output.Write(text);
                output.Flush();
            }

            events.Gather(Pause);
        }
    }

    /// <summary>What is written when this happens; null for nothing.</summary>
    internal string? Line(object happened)
    {
        switch (happened)
        {
            case RosterFormed roster:
                _state.Apply(roster);
                return Describe(roster);
            case JobProgress progress:
                _state.Apply(progress);
                // Right after an epoch's line there is nothing to add.
                return progress.CompletedSteps != _lastEpochEnd && time.GetElapsedTime(_lastLine) >= LongestSilence ? Describe(progress) : null;
            case EpochResult epoch:
                _lastEpochEnd = epoch.CompletedSteps;
                return Describe(epoch, _state.Apply(epoch));
            default:
                return happened.ToString();
        }
    }

    private string Describe(RosterFormed roster)
    {
        var crew = $"{Figures.Count(roster.Workers, "worker")}, {Figures.Count(roster.Shards, "shard")}, topology {roster.Topology}";
        if (roster.Generation > 1) return Invariant($"generation {roster.Generation}: {crew}, from step {roster.FirstStep}");
        var from = roster.FirstStep > 0 ? Invariant($", from step {roster.FirstStep}") : "";
        var test = roster.EvaluationSamples > 0 ? Invariant($" and {roster.EvaluationSamples:N0} test") : "";
        return Invariant($"{task}: {Figures.Count(roster.ParameterCount, "parameter")}, {crew}; {roster.TrainingSamples:N0} training{test} samples; ")
            + $"{Figures.Count(roster.TotalSteps, "step")}, {Figures.Count(roster.StepsPerEpoch, "step")} an epoch{from}";
    }

    private string Describe(JobProgress progress) =>
        Invariant($"epoch {_state.Epoch}/{_state.TotalEpochs}  step {progress.CompletedSteps}/{_state.TotalSteps}  loss {Figures.Loss(progress.Loss)}")
        + $"  {Figures.Count(progress.SamplesPerSecond)} samples/s";

    private string Describe(EpochResult epoch, double? samplesPerSecond)
    {
        var line = new StringBuilder(Invariant($"epoch {epoch.Epoch}/{_state.TotalEpochs}  step {epoch.CompletedSteps}/{_state.TotalSteps}  loss {Figures.Loss(epoch.Loss)}"));
        if (epoch.Evaluation is { } evaluation) line.Append(Invariant($"  test loss {Figures.Loss(evaluation.Loss)}"));
        if (epoch.Evaluation?.Accuracy is { } accuracy) line.Append(Invariant($"  accuracy {Figures.Accuracy(accuracy)}"));
        if (samplesPerSecond is { } speed) line.Append(Invariant($"  {Figures.Count(speed)} samples/s"));
        return line.ToString();
    }
}
