using System.Collections.Immutable;
using Cluster.Train.Membership;
using Cluster.Train.Training;

namespace Cluster.Train.Journal;

/// <summary>
/// The first line of each run in a journal: the job, so that the steps can be computed again from the journal alone.
/// </summary>
/// <param name="JobHash">Hash of the job definition.</param>
/// <param name="Job">Its canonical form.</param>
/// <param name="Length">How far the run was to go.</param>
/// <param name="Samples">Training samples of an epoch.</param>
/// <param name="LayoutHash">Identifies the model's tensors.</param>
/// <param name="DataFingerprint">Identifies the data.</param>
/// <param name="Numerics">The numerics class of the processes that computed it; null in a journal of a version that did not know it.</param>
/// <param name="Processor">The first one's processor; null likewise.</param>
internal sealed record JournalHeader(
    string JobHash, ImmutableSortedDictionary<string, string> Job, RunLength Length, int Samples, string LayoutHash,
    string DataFingerprint, string? Numerics, string? Processor)
{
    /// <summary>The newest format that this version writes and reads.</summary>
    internal const int Format = 1;

    /// <summary>The header of a job.</summary>
    internal static JournalHeader Of(JobDefinition definition, ReplicaDescription replica) => new(
        definition.Hash(), definition.Canonical(), definition.Length,
        replica.TrainingSamples, replica.LayoutHash, replica.DataFingerprint, replica.Numerics, replica.Processor);
}

/// <summary>A step that was done.</summary>
/// <param name="Step">Its number, from 1: steps of the job done with it.</param>
/// <param name="Generation">The generation that did it.</param>
/// <param name="Epoch">Its epoch, from 1.</param>
/// <param name="First">Its first sample: a position in the epoch's order, from 0.</param>
/// <param name="Count">How many samples it has.</param>
/// <param name="Loss">Mean loss over its samples, at the parameters before the step.</param>
/// <param name="LearningRate">The rate of its update.</param>
/// <param name="Replayed">Whether the step was done before, and lost with a member.</param>
internal sealed record JournalStep(
    long Step, int Generation, int Epoch, int First, int Count, double Loss, float LearningRate, bool Replayed);

/// <summary>The parameters after a step.</summary>
/// <param name="Step">Steps of the job done.</param>
/// <param name="Generation">The generation.</param>
/// <param name="Sha256">SHA-256 of the little-endian float32 parameters in layout order, in lower-case hexadecimal.</param>
internal sealed record JournalHash(long Step, int Generation, string Sha256);

/// <summary>An evaluation after a step.</summary>
/// <param name="Step">Steps of the job done.</param>
/// <param name="Generation">The generation.</param>
/// <param name="Loss">Mean loss over the evaluation samples; null where it is not finite.</param>
/// <param name="Accuracy">Correct decisions / all decisions; null where the task counts none.</param>
/// <param name="Metrics">The task's metrics by name, those that are finite numbers.</param>
internal sealed record JournalEvaluation(
    long Step, int Generation, double? Loss, double? Accuracy, ImmutableArray<KeyValuePair<string, double>> Metrics)
{
    /// <summary>The line of an evaluation. JSON has no numbers that are not finite.</summary>
    internal static JournalEvaluation Of(int generation, long completedSteps, EvaluationResult result) => new(
        completedSteps, generation, Finite(result.Loss), result.Accuracy is { } accuracy ? Finite(accuracy) : null,
        [.. result.Metrics.Where(metric => double.IsFinite(metric.Value)).Select(metric => KeyValuePair.Create(metric.Name, metric.Value))]);

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
