using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Cluster.Train.Reduction;

/// <summary>
/// Adam, its weight decay added to the gradient or decoupled, with the formulas and the order of operations of <c>torch.optim.Adam</c>
/// and <c>torch.optim.AdamW</c> (https://pytorch.org/docs/stable/generated/torch.optim.AdamW.html), in one pass over gradient,
/// parameter and moments.
/// </summary>
internal sealed unsafe class AdamUpdate(OptimizerSettings settings) : IUpdateRule
{
    private readonly double _beta1 = ShortestDecimal.Of(settings.Beta1);
    private readonly double _beta2 = ShortestDecimal.Of(settings.Beta2);
    private readonly double _decoupledDecay = settings.Kind == OptimizerKind.AdamW ? ShortestDecimal.Of(settings.WeightDecay) : 0;
    private StepNumbers _numbers = new(Step: -1, LearningRate: 0, Decay: 0, StepSize: 0, Correction2: 0);

    /// <inheritdoc/>
    public IReadOnlyList<string> StateNames { get; } = settings.StateNames;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Apply(
        long step, float learningRate, float scale, float* parameters, float* gradients, ReadOnlySpan<nint> state, int count)
    {
        var (_, _, decay, stepSize, correction2) = NumbersOf(step, learningRate);
        var (weight1, beta2, weight2, added) = (Weight1, Beta2, Weight2, AddedDecay);
        var signed = settings.Maximize ? -scale : scale;
        var average = (float*)state[0];
        var square = (float*)state[1];
        var epsilon = settings.Epsilon;
        var i = 0;
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            var parameter = Vector256.Load(parameters + i);
            var gradient = Vector256.Load(gradients + i) * signed;
            gradient = added == 0 ? gradient : Vector256.FusedMultiplyAdd(parameter, Vector256.Create(added), gradient);
            var m = Vector256.Load(average + i);
            m = Vector256.FusedMultiplyAdd(gradient - m, Vector256.Create(weight1), m);
            m.Store(average + i);
            var v = Vector256.FusedMultiplyAdd(gradient * weight2, gradient, Vector256.Load(square + i) * beta2);
            v.Store(square + i);
            var denominator = (Vector256.Sqrt(v) / Vector256.Create(correction2)) + Vector256.Create(epsilon);
            Vector256.FusedMultiplyAdd(m / denominator, Vector256.Create(stepSize), parameter * decay).Store(parameters + i);
        }

        for (; i < count; i++)
        {
            var gradient = gradients[i] * signed;
            gradient = added == 0 ? gradient : MathF.FusedMultiplyAdd(parameters[i], added, gradient);
            var m = MathF.FusedMultiplyAdd(gradient - average[i], weight1, average[i]);
            average[i] = m;
            var v = MathF.FusedMultiplyAdd(gradient * weight2, gradient, square[i] * beta2);
            square[i] = v;
            var denominator = (MathF.Sqrt(v) / correction2) + epsilon;
            parameters[i] = MathF.FusedMultiplyAdd(m / denominator, stepSize, parameters[i] * decay);
        }
    }

    /// <summary>The factor of the new gradient in its average.</summary>
    internal float Weight1 => (float)(1 - _beta1);

    /// <summary>The parameter's factor in the gradient; 0 where the decay is decoupled.</summary>
    internal float AddedDecay => settings.Kind == OptimizerKind.AdamW ? 0 : settings.WeightDecay;

    /// <summary>The factor of the average of squares.</summary>
    internal float Beta2 => (float)_beta2;

    /// <summary>The factor of the new square in its average.</summary>
    internal float Weight2 => (float)(1 - _beta2);

    /// <summary>What depends on the step, made once for it.</summary>
    internal StepNumbers NumbersOf(long step, float learningRate)
    {
        if (_numbers.Step != step || _numbers.LearningRate != learningRate)
        {
            var rate = ShortestDecimal.Of(learningRate);
            _numbers = new StepNumbers(
                step, learningRate, (float)(1 - (rate * _decoupledDecay)), (float)(-rate / (1 - Math.Pow(_beta1, step + 1))),
                (float)Math.Sqrt(1 - Math.Pow(_beta2, step + 1)));
        }

        return _numbers;
    }

    /// <summary>What is the same for all pieces of a step: they are small, and powers and decimals are slow.</summary>
    /// <param name="Step">The step.</param>
    /// <param name="LearningRate">Of this step.</param>
    /// <param name="Decay">The factor of the parameter.</param>
    /// <param name="StepSize">The factor of the direction; below zero.</param>
    /// <param name="Correction2">The divisor of the square root.</param>
    internal readonly record struct StepNumbers(long Step, float LearningRate, float Decay, float StepSize, float Correction2);
}
