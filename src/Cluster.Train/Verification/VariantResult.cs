using System.Collections.Immutable;
using Cluster.Train.Training;

namespace Cluster.Train.Verification;

/// <summary>What came of one variant.</summary>
/// <param name="Name">What it is called, for example "3 workers, TCP, sharded".</param>
public sealed record VariantResult(string Name)
{
    /// <summary>Whether it came to the end of the job with the same bits as the reference.</summary>
    public bool Agrees => Difference is null && Failure is null;

    /// <summary>SHA-256 of the parameters at the end, in lower-case hexadecimal; null where it did not get there.</summary>
    public string? ParametersSha256 { get; init; }

    /// <summary>Where it parts from the reference; null where it does not.</summary>
    internal VariantDifference? Difference { get; init; }

    /// <summary>Why it did not come to the end; null where it did.</summary>
    public string? Failure { get; init; }

    /// <summary>Something that its reader should know, for example that shared memory is not to be had here; null for nothing.</summary>
    public string? Remark { get; init; }

    internal VariantKind Kind { get; init; }

    /// <summary>What there is to say of it, in one line: where it parts from the reference, or why it did not come to the end.</summary>
    public override string ToString() => $"{Name}: {Failure ?? Difference?.ToString() ?? Remark ?? "the same bits"}";
}

/// <summary>Where a variant parts from the reference.</summary>
/// <param name="Step">Steps done when it was first seen; 0 for the initial state.</param>
/// <param name="What">What differs: "parameter 'hidden.weight'", "buffer 'norm.running_mean'", "the test loss".</param>
/// <param name="Element">The first element of the tensor that differs, by dimension, as "[3,1]"; empty where it is no tensor.</param>
/// <param name="Expected">Its value in the reference.</param>
/// <param name="Found">Its value in the variant.</param>
internal sealed record VariantDifference(long Step, string What, string Element, string Expected, string Found)
{
    /// <summary>What usually causes a difference like this one.</summary>
    public string Cause { get; init; } = "";

    /// <inheritdoc/>
    public override string ToString() => Invariant($"parts {(Step == 0 ? "before the first step" : Invariant($"at step {Step}"))}: {What}{(Element.Length > 0 ? $", element {Element}," : "")} is {Expected} in the reference, {Found} here");
}

/// <summary>What came of a verification; <see cref="ToString"/> is a table of 80 columns.</summary>
public sealed record VerificationReport
{
    /// <summary>Name of the task.</summary>
    public required string Task { get; init; }

    /// <summary>The job that was trained.</summary>
    public required JobDefinition Definition { get; init; }

    /// <summary>Steps of each variant; 0 where not even the reference came to its end.</summary>
    public required long Steps { get; init; }

    /// <summary>Parameters of the model; 0 as above.</summary>
    public required long ParameterCount { get; init; }

    /// <summary>Samples of each evaluation, the same ones in every variant; 0 where none took place.</summary>
    public int EvaluationSamples { get; init; }

    /// <summary>Samples of the evaluation data, over which <see cref="EvaluationSamples"/> are spread evenly.</summary>
    public int EvaluationSamplesGiven { get; init; }

    /// <summary>The reference, and each variant that was compared with it.</summary>
    public required ImmutableArray<VariantResult> Variants { get; init; }

    /// <summary>Variants that were left out, each with the reason.</summary>
    public ImmutableArray<string> LeftOut { get; init; } = [];

    /// <summary>Whether all of them came to the same bits.</summary>
    public bool AllAgree => Variants.All(variant => variant.Agrees);

    /// <inheritdoc/>
    public override string ToString() => VerificationTable.Of(this);
}
