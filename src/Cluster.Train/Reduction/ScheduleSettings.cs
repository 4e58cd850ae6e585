using System.Collections.Immutable;

namespace Cluster.Train.Reduction;

/// <summary>The shapes a learning rate can take over the steps.</summary>
internal enum ScheduleKind
{
    /// <summary>The same at every step.</summary>
    Constant,

    /// <summary>Multiplied by a factor every so many steps.</summary>
    Step,

    /// <summary>Half a cosine.</summary>
    Cosine,

    /// <summary>A line down.</summary>
    Linear,

    /// <summary>A power of what is left.</summary>
    Polynomial,

    /// <summary>Half a cosine up and half a one down.</summary>
    OneCycle,

    /// <summary>Multiplied by a factor at given steps.</summary>
    MultiStep,

    /// <summary>A power of a factor.</summary>
    Exponential,

    /// <summary>Half a cosine, again and again.</summary>
    Restarts,

    /// <summary>A function of the task's.</summary>
    OfTask,

    /// <summary>Multiplied by a factor where the evaluations' metric gains no more.</summary>
    Plateau,
}

/// <summary>
/// A learning-rate schedule with its numbers: a pure function of the step, and for a plateau of the evaluations before it. Formulas are those of <c>torch.optim.lr_scheduler</c>
/// (https://pytorch.org/docs/stable/optim.html), with one step of the scheduler a training step.
/// </summary>
public sealed record ScheduleSettings
{
    internal ScheduleSettings()
    {
    }

    /// <summary>The same at every step.</summary>
    public static ScheduleSettings Constant { get; } = new();

    /// <summary>
    /// The rate goes up in a line first: at step k, from 0, it is (k + 1) / (warm-up + 1) of what the schedule begins with; then the
    /// schedule begins. One cycle has its rise here. <b>Default</b>: none; of one cycle 30 % of the run.
    /// </summary>
    public RunPart Warmup { get; init; }

    /// <summary>Linear, polynomial and cosine: where in the run the floor is reached; it stays there. <b>Default</b>: at the last step.</summary>
    public RunPart? Until { get; init; }

    /// <summary>
    /// Linear, polynomial, cosine and restarts: what of the learning rate is left at the end; plateau: what is left at least. From 0 to
    /// below 1. <b>Default</b>: 0.
    /// </summary>
    public float Floor { get; init; }

    internal ScheduleKind Kind { get; init; }

    /// <summary>Step, exponential: steps until the next multiplication; restarts: length of the first cosine.</summary>
    internal RunPart Every { get; init; } = RunPart.Steps(1);

    /// <summary>Plateau: how much better than the last gain a value must be, to be a gain; at least 0. <b>Default</b>: 0.</summary>
    public double LeastGain { get; init; }

    /// <summary>Plateau: how many evaluations without gain are borne.</summary>
    internal int Patience { get; init; } = 10;

    /// <summary>Step, multi-step, exponential, plateau: the factor.</summary>
    internal float Factor { get; init; } = 1;

    internal float Power { get; init; } = 1;

    /// <summary>Multi-step: where the rate is multiplied, counted from the run's beginning.</summary>
    internal ImmutableArray<RunPart> At { get; init; } = [];

    /// <summary>Restarts: how many times as long each cosine is as the one before.</summary>
    internal int Times { get; init; } = 1;

    /// <summary>One cycle: the learning rate's part with which it begins is 1 / this.</summary>
    internal float Start { get; init; } = 25;

    /// <summary>One cycle: what it ends with is what it begins with / this.</summary>
    internal float End { get; init; } = 10_000;

    /// <summary>The name of the task's function.</summary>
    internal string Name { get; init; } = "";

    /// <summary>Whether the rate goes by a metric of the evaluations, so that <c>JobDefinition.Watch</c> must say which.</summary>
    public bool NeedsWatch => Kind == ScheduleKind.Plateau;

    /// <summary>Whether the rate at a step depends on how long the run is.</summary>
    internal bool DependsOnLength =>
        Kind is ScheduleKind.OneCycle or ScheduleKind.OfTask
        || (Kind is ScheduleKind.Linear or ScheduleKind.Polynomial or ScheduleKind.Cosine && (Until is null || Until.Value.DependsOnLength))
        || Warmup.DependsOnLength || Every.DependsOnLength || At.Any(at => at.DependsOnLength);

    /// <summary>Multiplied by a factor every so many steps, as <c>StepLR</c>.</summary>
    /// <param name="steps">How many steps until the next multiplication; at least 1.</param>
    /// <param name="factor">The factor; above 0.</param>
    public static ScheduleSettings Step(long steps, float factor) => Step(RunPart.Steps(steps), factor);

    /// <inheritdoc cref="Step(long, float)"/>
    /// <param name="every">How long until the next multiplication; at least 1 step.</param>
    /// <param name="factor">The factor; above 0.</param>
    public static ScheduleSettings Step(RunPart every, float factor) => new() { Kind = ScheduleKind.Step, Every = every, Factor = factor };

    /// <summary>Multiplied by a factor at given places of the run, as <c>MultiStepLR</c>.</summary>
    /// <param name="factor">The factor; above 0.</param>
    /// <param name="at">From where on, counted from the run's beginning, in ascending order; at least one.</param>
    public static ScheduleSettings MultiStep(float factor, params ReadOnlySpan<RunPart> at) => new() { Kind = ScheduleKind.MultiStep, Factor = factor, At = [.. at] };

    /// <summary>Multiplied by the same at each step, as <c>ExponentialLR</c>.</summary>
    /// <param name="factor">What is left after <paramref name="every"/>; above 0.</param>
    /// <param name="every">After how long; at least 1 step.</param>
    public static ScheduleSettings Exponential(float factor, RunPart every) => new() { Kind = ScheduleKind.Exponential, Factor = factor, Every = every };

    /// <summary>Down in a line to the <see cref="Floor"/>, as <c>LinearLR</c>.</summary>
    public static ScheduleSettings Linear(float floor = 0) => new() { Kind = ScheduleKind.Linear, Floor = floor };

    /// <summary>Down with a power of what is left, as <c>PolynomialLR</c>, to the <see cref="Floor"/>.</summary>
    /// <param name="power">The power; above 0.</param>
    /// <param name="floor">What is left of the learning rate at the end, from 0 to below 1.</param>
    public static ScheduleSettings Polynomial(float power, float floor = 0) => new() { Kind = ScheduleKind.Polynomial, Power = power, Floor = floor };

    /// <summary>Linear warm-up, then half a cosine down to the <see cref="Floor"/> at the last step of the run, as <c>CosineAnnealingLR</c>.</summary>
    /// <param name="warmupSteps">Steps of linear warm-up; 0 for none.</param>
    public static ScheduleSettings Cosine(long warmupSteps) => new() { Kind = ScheduleKind.Cosine, Warmup = RunPart.Steps(warmupSteps) };

    /// <summary>Half a cosine up to the learning rate and half a one down, over the whole run, as <c>OneCycleLR</c>; the momentum stays as it is.</summary>
    /// <param name="start">It begins with the learning rate / this; above 0.</param>
    /// <param name="end">It ends with what it began with / this; above 0.</param>
    public static ScheduleSettings OneCycle(float start = 25, float end = 10_000) =>
        new() { Kind = ScheduleKind.OneCycle, Start = start, End = end, Warmup = RunPart.Share(0.3) };

    /// <summary>Half a cosine down to the <see cref="Floor"/>, again and again, as <c>CosineAnnealingWarmRestarts</c>.</summary>
    /// <param name="first">Length of the first; at least 1 step.</param>
    /// <param name="times">How many times as long each is as the one before; at least 1.</param>
    /// <param name="floor">What is left of the learning rate at the end of each, from 0 to below 1.</param>
    public static ScheduleSettings Restarts(RunPart first, int times = 1, float floor = 0) =>
        new() { Kind = ScheduleKind.Restarts, Every = first, Times = times, Floor = floor };

    /// <summary>
    /// Multiplied by a factor after some evaluations without gain, as <c>ReduceLROnPlateau</c>, with absolute gains and down to the
    /// <see cref="Floor"/>. The metric is the one that the job watches, see <c>JobDefinition.Watch</c>; it needs one.
    /// </summary>
    /// <param name="factor">The factor; above 0 and at most 0.99.</param>
    /// <param name="patience">How many evaluations without gain are borne: the next one reduces the rate; at least 0.</param>
    public static ScheduleSettings Plateau(float factor = 0.1f, int patience = 10) =>
        new() { Kind = ScheduleKind.Plateau, Factor = factor, Patience = patience };

    /// <summary>A function of the task's, see <c>ITrainingTask.Schedules</c>.</summary>
    /// <param name="name">Its name.</param>
    public static ScheduleSettings OfTask(string name) => new() { Kind = ScheduleKind.OfTask, Name = name };

    /// <summary>Same texts, same schedules.</summary>
    public bool Equals(ScheduleSettings? other) => other is not null && Canonical() == other.Canonical();

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Canonical());

    /// <summary>The schedule as one text, the form in which <c>--schedule</c> takes it.</summary>
    public override string ToString() => Canonical();

    /// <summary>The same; part of the job's hash.</summary>
    internal string Canonical() => ScheduleText.Write(this);

    /// <summary>What <see cref="Parse"/> takes, in words.</summary>
    public const string Syntax = ScheduleText.Needs;

    /// <summary>Reads a schedule as the command line has it, for example "cosine:warmup=200,floor=0.1".</summary>
    /// <exception cref="FormatException">It is none; see <see cref="Syntax"/>.</exception>
    public static ScheduleSettings Parse(string text)
    {
        try
        {
            return ScheduleText.Read(text);
        }
        catch (OverflowException exception)
        {
            throw new FormatException(text, exception);
        }
    }
}

/// <summary>A learning-rate schedule of a task's own.</summary>
/// <param name="Name">Its name in <c>--schedule task:NAME</c> and in the job: lower-case letters, digits and hyphens.</param>
/// <param name="Factor">
/// The learning rate's factor at a step, from 0, of a run: a pure function; finite and at least 0. What it computes is part of the
/// job by its name alone: give another function another name.
/// </param>
public sealed record TaskSchedule(string Name, Func<long, RunSteps, double> Factor);
