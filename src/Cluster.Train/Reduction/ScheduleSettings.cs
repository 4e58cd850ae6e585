namespace Cluster.Train.Reduction;

/// <summary>The shapes a learning rate can take over the steps.</summary>
internal enum ScheduleKind
{
    /// <summary>The same at every step.</summary>
    Constant,

    /// <summary>Multiplied by a factor every so many steps.</summary>
    Step,

    /// <summary>Linear warm-up, then half a cosine down to zero at the last step of the run.</summary>
    Cosine,
}

/// <summary>A learning-rate schedule with its numbers.</summary>
public sealed record ScheduleSettings
{
    internal ScheduleSettings(ScheduleKind kind, long stepSize, float gamma, long warmupSteps) =>
        (Kind, StepSize, Gamma, WarmupSteps) = (kind, stepSize, gamma, warmupSteps);

    /// <summary>The same at every step.</summary>
    public static ScheduleSettings Constant { get; } = new(ScheduleKind.Constant, stepSize: 0, gamma: 1, warmupSteps: 0);

    /// <summary>The shape.</summary>
    internal ScheduleKind Kind { get; }

    /// <summary>Step: how many steps until the next multiplication.</summary>
    internal long StepSize { get; }

    /// <summary>Step: the factor.</summary>
    internal float Gamma { get; }

    /// <summary>Cosine: steps of linear warm-up.</summary>
    internal long WarmupSteps { get; }

    /// <summary>Whether the rate at a step depends on how long the run is.</summary>
    internal bool DependsOnLength => Kind == ScheduleKind.Cosine;

    /// <summary>Multiplied by a factor every so many steps.</summary>
    /// <param name="steps">How many steps until the next multiplication; at least 1.</param>
    /// <param name="factor">The factor; above 0.</param>
    public static ScheduleSettings Step(long steps, float factor) => new(ScheduleKind.Step, steps, factor, warmupSteps: 0);

    /// <summary>Linear warm-up, then half a cosine down to zero at the last step of the run.</summary>
    /// <param name="warmupSteps">Steps of linear warm-up; 0 for none.</param>
    public static ScheduleSettings Cosine(long warmupSteps) => new(ScheduleKind.Cosine, stepSize: 0, gamma: 1, warmupSteps);

    /// <summary>The schedule as one text, the form in which <c>--schedule</c> takes it.</summary>
    public override string ToString() => Canonical();

    /// <summary>The same; part of the job's hash.</summary>
    internal string Canonical() => Kind switch
    {
        ScheduleKind.Constant => "constant",
        ScheduleKind.Step => Invariant($"step:{StepSize}:{Gamma:R}"),
        _ => Invariant($"cosine:{WarmupSteps}"),
    };
}
