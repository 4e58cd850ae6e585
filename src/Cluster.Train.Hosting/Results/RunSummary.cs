using System.Text.Json;
using System.Text.Json.Serialization;
using Cluster.Train.Training;

namespace Cluster.Train.Hosting.Results;

/// <summary>The content of <c>--summary FILE</c>; its names and their meaning are stable.</summary>
internal sealed record RunSummary(
    string Task, long Seed, int Shards, int Workers, string Topology, int Epochs, long Steps, long Samples,
    double? Loss, double? EvalLoss, double? Accuracy, double ElapsedSeconds, double SamplesPerSecond,
    long ParameterCount, string ParametersSha256, int Generations, int Recoveries, long ReplayedSteps, bool Portable, string Numerics, string Processor)
{
    /// <summary>The task's metrics by name, in its order: a number (null where it is not finite), or a table as a list of rows. Left out where it has none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, object?>? Metrics { get; init; }

    /// <summary>The learning rate of the last step, before the factors of parameter groups. Left out where no step was done.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public float? LearningRate { get; init; }

    /// <summary>What products were computed in. Left out where that was float32.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Precision { get; init; }

    /// <summary>Whether the job ended early for want of gain. Left out where it watches nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? StoppedEarly { get; init; }

    /// <summary>The best evaluation: metric, value (null where it is not finite) and step. Left out where the job watches nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public BestSummary? Best { get; init; }

    /// <summary>All evaluations of the run, in order. Left out where there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<EvaluationSummary>? Evaluations { get; init; }

    /// <summary>An evaluation of the run.</summary>
    internal sealed record EvaluationSummary(int Epoch, long Step, double? Loss, double? EvalLoss)
    {
        /// <summary>The learning rate of the step before it.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public float? LearningRate { get; init; }

        /// <summary>Accuracy and metrics that are numbers, by name; null where one is not finite.</summary>
        public required IReadOnlyDictionary<string, double?> Metrics { get; init; }
    }

    /// <summary>The best evaluation of a job.</summary>
    internal sealed record BestSummary(string Metric, double? Value, long Step);

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    /// <summary>The summary of a run.</summary>
    /// <param name="definition">The job.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="rates">The learning rates of its steps; null where they are not known.</param>
    public static RunSummary Of(JobDefinition definition, JobOutcome outcome, RunRates? rates = null)
    {
        var seconds = outcome.Elapsed.TotalSeconds;
        return new RunSummary(
            definition.Task, definition.Seed, definition.Shards, outcome.Workers, outcome.Topology, outcome.Epochs, outcome.Steps, outcome.Samples,
            Finite(outcome.Loss), Finite(outcome.Evaluation?.Loss), Finite(outcome.Evaluation?.Accuracy), seconds, seconds > 0 ? outcome.Samples / seconds : 0,
            outcome.ParameterCount, outcome.ParametersSha256, outcome.Generations, outcome.Recoveries, outcome.ReplayedSteps,
            definition.Portable, outcome.Numerics, outcome.Processor)
        {
            LearningRate = outcome.WasDone ? null : rates?.After(outcome.Steps, outcome.RateFactor),
            Precision = definition.Precision == Training.Precision.Float32 ? null : Precisions.Name(definition.Precision),
            StoppedEarly = outcome.Best is null ? null : outcome.StoppedEarly,
            Best = outcome.Best is { } best ? new BestSummary(best.Metric, Finite(best.Value), best.Step) : null,
            Evaluations = outcome.History.Count == 0 ? null : [.. outcome.History.Select(point => new EvaluationSummary(point.Epoch, point.CompletedSteps, Finite(point.Loss), Finite(point.Evaluation.Loss))
            {
                LearningRate = rates?.After(point.CompletedSteps, point.RateFactor),
                Metrics = point.Evaluation.Numbers().ToDictionary(number => number.Name, number => Finite(number.Value)),
            })],
            Metrics = outcome.Evaluation is { Metrics.Count: > 0 } evaluation ? evaluation.Metrics.ToDictionary(metric => metric.Name, Value) : null,
        };
    }

    /// <summary>The JSON text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>Writes the file whole or not at all.</summary>
    public void Write(string path) => OutputFile.Write(path, temporary => File.WriteAllText(temporary, ToJson() + "\n"));

    private static object? Value(MetricResult metric) => metric.Columns > 0
        ? metric.Sums.Chunk(metric.Columns).ToArray()
        : Finite(metric.Value);

    // JSON has no NaN: a mean over nothing is "none".
    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}
