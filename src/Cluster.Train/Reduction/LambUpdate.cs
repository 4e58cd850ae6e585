using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Cluster.Train.Reduction;

/// <summary>
/// LAMB: Adam's direction with decoupled weight decay, for each tensor as long as the tensor itself times the learning rate (You and
/// others, "Large Batch Optimization for Deep Learning: Training BERT in 76 minutes", 2020, https://arxiv.org/abs/1904.00962,
/// algorithm 2, with the identity for φ). A tensor that is 0, or whose direction is, goes the learning rate times its direction.
/// </summary>
internal sealed unsafe class LambUpdate(OptimizerSettings settings) : INormedRule
{
    private readonly AdamUpdate _moments = new(settings);

    /// <inheritdoc/>
    public IReadOnlyList<string> StateNames { get; } = settings.StateNames;

    /// <inheritdoc/>
    public void Direct(long step, float scale, float* parameters, float* gradients, ReadOnlySpan<nint> state, int count)
    {
        var numbers = _moments.NumbersOf(step, learningRate: 1);
        // The direction takes the gradient's place, so the two change theirs.
        ElementLoop.Run(
            new DirectionRule(
                settings.Maximize ? -scale : scale, _moments.Weight1, _moments.Beta2, _moments.Weight2, -numbers.StepSize, numbers.Correction2,
                settings.Epsilon, settings.WeightDecay),
            scale: 1, gradients, parameters, state, count);
    }

    /// <summary>Goes along the direction that stands in the gradient's place.</summary>
    /// <inheritdoc/>
    public void Apply(
        long step, float learningRate, float scale, float* parameters, float* gradients, ReadOnlySpan<nint> state, int count) =>
        ElementLoop.Run(new StepRule(learningRate), scale: 1, parameters, gradients, [], count);

    private readonly record struct DirectionRule(
        float Scale, float Weight1, float Beta2, float Weight2, float Correction1, float Correction2, float Epsilon, float Decay) : IElementRule
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<float> Next(
            Vector256<float> gradient, Vector256<float> parameter, ref Vector256<float> first, ref Vector256<float> second, ref Vector256<float> third)
        {
            gradient *= Scale;
            first = Vector256.FusedMultiplyAdd(gradient - first, Vector256.Create(Weight1), first);
            second = Vector256.FusedMultiplyAdd(gradient * Weight2, gradient, second * Beta2);
            var denominator = (Vector256.Sqrt(second) / Vector256.Create(Correction2)) + Vector256.Create(Epsilon);
            return Vector256.FusedMultiplyAdd(first / denominator, Vector256.Create(Correction1), parameter * Decay);
        }
    }

    private readonly record struct StepRule(float Rate) : IElementRule
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<float> Next(
            Vector256<float> parameter, Vector256<float> direction, ref Vector256<float> first, ref Vector256<float> second, ref Vector256<float> third) =>
            Vector256.FusedMultiplyAdd(direction, Vector256.Create(-Rate), parameter);
    }
}
