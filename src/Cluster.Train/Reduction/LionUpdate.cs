using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Cluster.Train.Reduction;

/// <summary>
/// Lion: the sign of an average of gradients, with decoupled weight decay (Chen and others, "Symbolic Discovery of Optimization
/// Algorithms", 2023, https://arxiv.org/abs/2302.06675, algorithm 2).
/// </summary>
internal sealed unsafe class LionUpdate(OptimizerSettings settings) : IUpdateRule
{
    private readonly double _decay = ShortestDecimal.Of(settings.WeightDecay);

    /// <inheritdoc/>
    public IReadOnlyList<string> StateNames { get; } = settings.StateNames;

    /// <summary>The gradient's factor in the average whose sign is taken.</summary>
    internal float Weight1 { get; } = (float)(1 - ShortestDecimal.Of(settings.Beta1));

    /// <summary>The gradient's factor in the average that is kept.</summary>
    internal float Weight2 { get; } = (float)(1 - ShortestDecimal.Of(settings.Beta2));

    /// <inheritdoc/>
    public void Apply(
        long step, float learningRate, float scale, float* parameters, float* gradients, ReadOnlySpan<nint> state, int count) =>
        ElementLoop.Run(
            new Rule(learningRate, DecayOf(learningRate), Weight1, Weight2), settings.Maximize ? -scale : scale, parameters, gradients, state, count);

    /// <summary>The parameter's factor.</summary>
    internal float DecayOf(float learningRate) => _decay == 0 ? 1 : (float)(1 - (ShortestDecimal.Of(learningRate) * _decay));

    private readonly record struct Rule(float Rate, float Decay, float Weight1, float Weight2) : IElementRule
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<float> Next(
            Vector256<float> parameter, Vector256<float> gradient, ref Vector256<float> first, ref Vector256<float> second, ref Vector256<float> third)
        {
            var difference = gradient - first;
            var direction = Vector256.FusedMultiplyAdd(difference, Vector256.Create(Weight1), first);
            first = Vector256.FusedMultiplyAdd(difference, Vector256.Create(Weight2), first);
            var sign = (Vector256.GreaterThan(direction, Vector256<float>.Zero) & Vector256.Create(1f))
                - (Vector256.LessThan(direction, Vector256<float>.Zero) & Vector256.Create(1f));
            // What is infinite or not a number has no sign: it goes on to the parameter, so that it is noticed.
            sign += direction - direction;
            return Vector256.FusedMultiplyAdd(sign, Vector256.Create(-Rate), parameter * Decay);
        }
    }
}
