using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Cluster.Train.Reduction;

/// <summary>
/// Adagrad with the formulas of <c>torch.optim.Adagrad</c> (https://pytorch.org/docs/stable/generated/torch.optim.Adagrad.html).
/// </summary>
internal sealed unsafe class AdagradUpdate(OptimizerSettings settings) : IUpdateRule
{
    /// <inheritdoc/>
    public IReadOnlyList<string> StateNames { get; } = settings.StateNames;

    /// <inheritdoc/>
    public void Apply(
        long step, float learningRate, float scale, float* parameters, float* gradients, ReadOnlySpan<nint> state, int count) =>
        ElementLoop.Run(
            new Rule(RateOf(settings, step, learningRate), settings.WeightDecay, settings.Epsilon, step == 0, settings.InitialAccumulator),
            settings.Maximize ? -scale : scale, parameters, gradients, state, count);

    /// <summary>The learning rate of a step.</summary>
    internal static float RateOf(OptimizerSettings settings, long step, float learningRate) => settings.LearningRateDecay == 0
        ? learningRate
        : (float)(ShortestDecimal.Of(learningRate) / (1 + (step * ShortestDecimal.Of(settings.LearningRateDecay))));

    private readonly record struct Rule(float Rate, float Decay, float Epsilon, bool Begins, float Initial) : IElementRule
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<float> Next(
            Vector256<float> parameter, Vector256<float> gradient, ref Vector256<float> first, ref Vector256<float> second, ref Vector256<float> third)
        {
            gradient = Decay == 0 ? gradient : Vector256.FusedMultiplyAdd(parameter, Vector256.Create(Decay), gradient);
            first = Vector256.FusedMultiplyAdd(gradient, gradient, Begins ? Vector256.Create(Initial) : first);
            var change = gradient / (Vector256.Sqrt(first) + Vector256.Create(Epsilon));
            return Vector256.FusedMultiplyAdd(change, Vector256.Create(-Rate), parameter);
        }
    }
}
