using System.Text.Json;

namespace Cluster.Train.Verification;

/// <summary>What the two processes of a verification give each other: files in a folder of the first.</summary>
/// <param name="folder">The folder.</param>
internal sealed class OtherProcess(string folder)
{
    /// <summary>The environment variable that tells a process that it is the other one.</summary>
    internal const string Variable = JobVerification.OtherProcessVariable;

    private string RecordFile => Path.Combine(folder, "record");

    private string ResultFile => Path.Combine(folder, "result.json");

    /// <summary>The first process says what to compare with.</summary>
    internal void Give(StateRecord record) => record.Write(RecordFile);

    /// <summary>The other process learns what to compare with.</summary>
    internal StateRecord Take() => StateRecord.Read(RecordFile);

    /// <summary>The other process says what came of it.</summary>
    internal void Return(RunTrace trace) =>
        File.WriteAllBytes(ResultFile, JsonSerializer.SerializeToUtf8Bytes(new Written(
            trace.ParametersSha256, trace.Parting?.Step, trace.Parting?.Tensor ?? 0, Bits(trace.Parting?.Found),
            [.. trace.Evaluations.Select(pair => new Evaluation(
                pair.Key, BitConverter.DoubleToInt64Bits(pair.Value.Loss), pair.Value.Accuracy is { } accuracy ? BitConverter.DoubleToInt64Bits(accuracy) : null, pair.Value.Samples,
                [.. pair.Value.Metrics.Select(metric => new Metric(
                    metric.Name, BitConverter.DoubleToInt64Bits(metric.Value), metric.HigherIsBetter, metric.Columns, [.. metric.Sums.Select(BitConverter.DoubleToInt64Bits)]))]))])));

    /// <summary>The first process learns it.</summary>
    internal RunTrace Result() => JsonSerializer.Deserialize<Written>(File.ReadAllBytes(ResultFile)) is { } result
        ? new RunTrace(result.Sha256)
        {
            Parting = result.Step is { } step ? new StateParting(step, result.Tensor, [.. result.Found.Select(BitConverter.Int32BitsToSingle)]) : null,
            Evaluations = result.Evaluations.ToDictionary(at => at.Step, at => new EvaluationResult(
                BitConverter.Int64BitsToDouble(at.Loss), at.Accuracy is { } bits ? BitConverter.Int64BitsToDouble(bits) : null, at.Samples)
            {
                Metrics = [.. at.Metrics.Select(metric => new MetricResult(metric.Name, BitConverter.Int64BitsToDouble(metric.Value))
                {
                    HigherIsBetter = metric.HigherIsBetter, Columns = metric.Columns, Sums = [.. metric.Sums.Select(BitConverter.Int64BitsToDouble)],
                })],
            }),
        }
        : throw new InvalidDataException($"{ResultFile} is empty");

    private static int[] Bits(float[]? values) => values is null ? [] : [.. values.Select(BitConverter.SingleToInt32Bits)];

    // Numbers as their bits: not every one of them can be written in JSON.
    private sealed record Written(string Sha256, long? Step, int Tensor, int[] Found, Evaluation[] Evaluations);

    private sealed record Evaluation(long Step, long Loss, long? Accuracy, int Samples, Metric[] Metrics);

    private sealed record Metric(string Name, long Value, bool HigherIsBetter, int Columns, long[] Sums);
}
