namespace Cluster.Train.Reduction;

/// <summary>
/// An update rule of a task's own, for <see cref="OptimizerSettings.Own"/> and <c>ITrainingTask.UpdateRules</c>: a pure function of one
/// element at a time, so that it does not matter how the parameters are dealt out. An instance holds no state of its own, and its result
/// depends on its arguments alone; use <see cref="MathF.FusedMultiplyAdd"/> where the bits are to be the same with every compiler.
/// </summary>
/// <example>
/// <code>
/// internal sealed class Signum(float beta) : UpdateRule
/// {
///     public override string Name => "signum";
///     public override string Numbers => FormattableString.Invariant($"beta={beta}");
///     public override IReadOnlyList&lt;string&gt; States { get; } = ["momentum"];
///     public override float Update(UpdateStep step, float parameter, float gradient, Span&lt;float&gt; state)
///     {
///         state[0] = (beta * state[0]) + ((1 - beta) * gradient);
///         return parameter - (step.LearningRate * Math.Sign(state[0]));
///     }
/// }
/// </code>
/// </example>
public abstract class UpdateRule
{
    /// <summary>Its name: lower-case letters, digits and hyphens. Part of the job.</summary>
    public abstract string Name { get; }

    /// <summary>Its numbers as a text without blanks, such as <c>beta=0.9,epsilon=1e-8</c>: part of the job, so that another rule of the name is not taken for it.</summary>
    public virtual string Numbers => "";

    /// <summary>Names of the numbers that it keeps for each element, 0 at first: lower-case letters, digits and underscores, as they stand in checkpoints. At most 8.</summary>
    public virtual IReadOnlyList<string> States => [];

    /// <summary>The new value of an element.</summary>
    /// <param name="step">The step and its rates.</param>
    /// <param name="parameter">The element's value.</param>
    /// <param name="gradient">Its gradient, the mean over the global batch: clipped, and turned round with <c>--maximize</c>.</param>
    /// <param name="state">What is kept of it, in the order of <see cref="States"/>; changed in place.</param>
    public abstract float Update(UpdateStep step, float parameter, float gradient, Span<float> state);
}

/// <summary>What a step is for an update rule.</summary>
/// <param name="Step">The number of updates that the element has had before.</param>
/// <param name="LearningRate">After schedule and parameter group.</param>
/// <param name="WeightDecay">The job's, or the parameter group's.</param>
public readonly record struct UpdateStep(long Step, float LearningRate, float WeightDecay);
