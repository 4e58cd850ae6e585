using System.Collections.Immutable;
using System.Globalization;
using Cluster.Train.Training;

namespace Cluster.Train.Checkpoints;

/// <summary>A file of a checkpoint.</summary>
/// <param name="Name">Its name in the checkpoint's directory.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Sha256">SHA-256 of them, in lower-case hexadecimal.</param>
internal sealed record CheckpointFile(string Name, long Length, string Sha256);

/// <summary>What is known of the model's quality at the checkpoint. A number that is not finite is not stored.</summary>
/// <param name="Loss">Mean training loss of the last epoch or interval; null where unknown.</param>
/// <param name="EvaluationLoss">Mean loss on the evaluation samples; null where unknown.</param>
/// <param name="Accuracy">Share of correct decisions on the evaluation samples, 0 to 1; null where unknown.</param>
internal sealed record CheckpointMetrics(double? Loss = null, double? EvaluationLoss = null, double? Accuracy = null)
{
    /// <summary>The task's metrics by name, in its order; those that are tables are not stored.</summary>
    public ImmutableArray<KeyValuePair<string, double>> Values { get; init; } = [];

    /// <inheritdoc/>
    public bool Equals(CheckpointMetrics? other) => other is not null
        && Loss.Equals(other.Loss) && EvaluationLoss.Equals(other.EvaluationLoss) && Accuracy.Equals(other.Accuracy) && Values.SequenceEqual(other.Values);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Loss, EvaluationLoss, Accuracy, Values.Length);
}

/// <summary>What a job watches, and how that stands at a checkpoint.</summary>
/// <param name="Metric">"loss", "accuracy" or a metric's name.</param>
/// <param name="State">How it stands.</param>
/// <param name="KeepsBest">Whether the checkpoint of the best evaluation is kept.</param>
internal sealed record CheckpointWatch(string Metric, WatchState State, bool KeepsBest);

/// <summary>Sizes that a result is told with.</summary>
/// <param name="Parameters">Parameters of the model, frozen ones included.</param>
/// <param name="EvaluationSamples">Samples of an evaluation; 0 for none.</param>
internal sealed record CheckpointCounts(long Parameters, int EvaluationSamples);

/// <summary>
/// What a checkpoint is: of which job, at which step, and which files belong to it. Stored as <c>manifest.json</c>.
/// </summary>
internal sealed record CheckpointManifest
{
    /// <summary>The newest format that this version writes and reads.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Name of the task.</summary>
    public required string Task { get; init; }

    /// <summary>SHA-256 of the job definition's canonical form.</summary>
    public required string JobHash { get; init; }

    /// <summary>The job definition's canonical form: everything that the trajectory depends on, each field as one text.</summary>
    public required ImmutableSortedDictionary<string, string> Job { get; init; }

    /// <summary>Steps completed, so the number of the step that comes next.</summary>
    public required long Step { get; init; }

    /// <summary>Steps of an epoch; at least 1.</summary>
    public required long StepsPerEpoch { get; init; }

    /// <summary>How far the run was to go, in epochs; null where it was given in steps.</summary>
    public int? RunEpochs { get; init; }

    /// <summary>How far the run was to go, in steps; null where it was given in epochs.</summary>
    public long? RunSteps { get; init; }

    /// <summary>Identifies names, shapes and places of the model's tensors.</summary>
    public required string LayoutHash { get; init; }

    /// <summary>Identifies the training data.</summary>
    public required string DataFingerprint { get; init; }

    /// <summary>What a few samples were as they were read; null where that is not known, as in a checkpoint of a version that did not keep it.</summary>
    public string? SampleDigest { get; init; }

    /// <summary>What the task fitted on its training samples; null for nothing.</summary>
    public string? Preparation { get; init; }

    /// <summary>The numerics class of the processes that computed it; null in a checkpoint of a version that did not know it.</summary>
    public string? Numerics { get; init; }

    /// <summary>The processor of one of them, for messages; null likewise.</summary>
    public string? Processor { get; init; }

    /// <summary>SHA-256 of the little-endian float32 parameters in layout order, in lower-case hexadecimal.</summary>
    public required string ParametersSha256 { get; init; }

    /// <summary>What is known of the model's quality; null for nothing.</summary>
    public CheckpointMetrics? Metrics { get; init; }

    /// <summary>What the job watches, and how that stands; null for nothing.</summary>
    public CheckpointWatch? Watch { get; init; }

    /// <summary>The step of the best evaluation, where its checkpoint is kept beside the newest ones; null otherwise.</summary>
    public long? KeptBest => Watch is { KeepsBest: true } watch ? watch.State.Told.Step : null;

    /// <summary>Whether a checkpoint is kept beside the newest ones: as the best, or as that of a longer run.</summary>
    public bool Keeps(long step) => step == KeptBest || (KeptBest is not null && step == Watch!.State.BestStep);

    /// <summary>Sizes of model and evaluation; null where they were not written.</summary>
    public CheckpointCounts? Counts { get; init; }

    /// <summary>Which program wrote it.</summary>
    public string CreatedBy { get; init; } = $"Cluster.Train {typeof(CheckpointManifest).Assembly.GetName().Version?.ToString(3)}";

    /// <summary>The files; filled in by the store.</summary>
    public ImmutableArray<CheckpointFile> Files { get; init; } = [];

    /// <summary>Whole epochs completed.</summary>
    public long Epoch => Step / StepsPerEpoch;

    /// <summary>Steps completed of the epoch that was begun.</summary>
    public long StepInEpoch => Step % StepsPerEpoch;

    /// <summary>Name of the checkpoint's directory, for example <c>step-000000123</c>.</summary>
    public string DirectoryName => NameOf(Step);

    /// <summary>Name of the directory of the checkpoint of a step.</summary>
    internal static string NameOf(long step) => string.Create(CultureInfo.InvariantCulture, $"{NamePrefix}{step:D9}");

    /// <summary>The step in a directory's name; null where it is not a checkpoint's name.</summary>
    internal static long? StepOf(string directoryName) =>
        directoryName.StartsWith(NamePrefix, StringComparison.Ordinal)
        && long.TryParse(directoryName.AsSpan(NamePrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var step)
        && NameOf(step) == directoryName
            ? step
            : null;

    private const string NamePrefix = "step-";
}
