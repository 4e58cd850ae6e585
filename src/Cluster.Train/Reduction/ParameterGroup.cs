using System.Globalization;

namespace Cluster.Train.Reduction;

/// <summary>
/// How the optimizer treats a parameter otherwise than the job says for all, as a <c>param_groups</c> entry of <c>torch.optim</c> does.
/// Parameters of equal values are one group.
/// </summary>
public sealed record ParameterGroup
{
    /// <summary>What is as the job says.</summary>
    public static ParameterGroup Default { get; } = new();

    /// <summary>The learning rate's factor; at least 0. <b>Default</b>: 1.</summary>
    public float LearningRateFactor { get; init; } = 1;

    /// <summary>Weight decay in place of the job's; at least 0. <b>Default</b>: the job's.</summary>
    public float? WeightDecay { get; init; }

    /// <summary>
    /// The first step, from 0, that updates it: before that it keeps its initial values, its gradient counts as 0 also in the norm that
    /// is clipped, and what the rule remembers begins with that step. <b>Default</b>: 0.
    /// </summary>
    public long FrozenUntil { get; init; }

    /// <summary>The settings of a group, made of those of the job.</summary>
    internal OptimizerSettings Of(OptimizerSettings optimizer) => WeightDecay is { } decay ? optimizer with { WeightDecay = decay } : optimizer;

    /// <summary>The learning rate of a step of the group.</summary>
    internal float Rate(float learningRate) =>
        LearningRateFactor == 1 ? learningRate : (float)(ShortestDecimal.Of(learningRate) * ShortestDecimal.Of(LearningRateFactor));

    /// <summary>The group as one text; empty for the default.</summary>
    internal string Canonical() => string.Join(' ', new[]
    {
        LearningRateFactor == 1 ? null : Invariant($"lr-factor={LearningRateFactor:R}"),
        WeightDecay is { } decay ? Invariant($"weight-decay={decay:R}") : null,
        FrozenUntil == 0 ? null : Invariant($"frozen-until={FrozenUntil}"),
    }.Where(part => part is not null));

    /// <summary>The inverse.</summary>
    /// <exception cref="FormatException">It is no such text.</exception>
    internal static ParameterGroup Read(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Aggregate(Default, (group, part) => part.Split('=') switch
    {
        ["lr-factor", var factor] => group with { LearningRateFactor = Real(factor) },
        ["weight-decay", var decay] => group with { WeightDecay = Real(decay) },
        ["frozen-until", var step] => group with { FrozenUntil = long.Parse(step, NumberStyles.None, CultureInfo.InvariantCulture) },
        _ => throw new FormatException(),
    });

    private static float Real(string text) => float.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
}

/// <summary>Neighbours in the flat vector that are of one group.</summary>
/// <param name="Slice">Where they lie.</param>
/// <param name="Group">Their group.</param>
internal readonly record struct GroupSpan(VectorSlice Slice, ParameterGroup Group)
{
    /// <summary>The spans as far as they lie in a slice; all of it in one span where there are none.</summary>
    internal static GroupSpan[] Within(IReadOnlyList<GroupSpan> spans, VectorSlice slice) => spans.Count == 0
        ? [new GroupSpan(slice, ParameterGroup.Default)]
        : [.. spans
            .Select(span => span with { Slice = new VectorSlice(Math.Max(span.Slice.Start, slice.Start), Math.Min(span.Slice.End, slice.End)) })
            .Where(span => span.Slice.Length > 0)];
}
