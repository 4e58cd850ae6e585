namespace Cluster.Train.Reduction;

/// <summary>The shapes a learning rate can take over the steps.</summary>
public enum ScheduleKind
{
    /// <summary>The same at every step.</summary>
    Constant,

    /// <summary>Multiplied by a factor every so many steps.</summary>
    Step,

    /// <summary>Linear warm-up, then half a cosine down to zero at the last step of the run.</summary>
    Cosine,
}

/// <summary>A learning-rate schedule with its numbers.</summary>
/// <param name="Kind">The shape.</param>
/// <param name="StepSize">Step: how many steps until the next multiplication.</param>
/// <param name="Gamma">Step: the factor.</param>
/// <param name="WarmupSteps">Cosine: steps of linear warm-up.</param>
public sealed record ScheduleSettings(ScheduleKind Kind, long StepSize = 0, float Gamma = 1, long WarmupSteps = 0)
{
    /// <summary>The same at every step.</summary>
    public static ScheduleSettings Constant { get; } = new(ScheduleKind.Constant);

    /// <summary>Whether the rate at a step depends on how long the run is.</summary>
    internal bool DependsOnLength => Kind == ScheduleKind.Cosine;

    /// <summary>The schedule as one text, the form in which <c>--schedule</c> takes it.</summary>
    internal string Canonical() => Kind switch
    {
        ScheduleKind.Constant => "constant",
        ScheduleKind.Step => Invariant($"step:{StepSize}:{Gamma:R}"),
        _ => Invariant($"cosine:{WarmupSteps}"),
    };
}
