using System.Text.Json;
using Cluster.Train.Training;

namespace Cluster.Train.Hosting.Results;

/// <summary>The content of <c>--summary FILE</c>; its names and their meaning are stable.</summary>
internal sealed record RunSummary(
    string Task, long Seed, int Shards, int Workers, string Topology, int Epochs, long Steps, long Samples,
    double? Loss, double? EvalLoss, double? Accuracy, double ElapsedSeconds, double SamplesPerSecond,
    long ParameterCount, string ParametersSha256, int Generations, int Recoveries, long ReplayedSteps, bool Portable, string Numerics, string Processor)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    /// <summary>The summary of a run.</summary>
    public static RunSummary Of(JobDefinition definition, JobOutcome outcome)
    {
        var seconds = outcome.Elapsed.TotalSeconds;
        return new RunSummary(
            definition.Task, definition.Seed, definition.Shards, outcome.Workers, outcome.Topology, outcome.Epochs, outcome.Steps, outcome.Samples,
            Finite(outcome.Loss), Finite(outcome.Evaluation?.Loss), Finite(outcome.Evaluation?.Accuracy), seconds, seconds > 0 ? outcome.Samples / seconds : 0,
            outcome.ParameterCount, outcome.ParametersSha256, outcome.Generations, outcome.Recoveries, outcome.ReplayedSteps,
            definition.Portable, outcome.Numerics, outcome.Processor);
    }

    /// <summary>The JSON text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>Writes the file whole or not at all.</summary>
    public void Write(string path) => OutputFile.Write(path, temporary => File.WriteAllText(temporary, ToJson() + "\n"));

    // JSON has no NaN: a mean over nothing is "none".
    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}
