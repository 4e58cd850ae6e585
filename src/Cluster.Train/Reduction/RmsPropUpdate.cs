using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Cluster.Train.Reduction;

/// <summary>
/// RMSprop with the formulas of <c>torch.optim.RMSprop</c> (https://pytorch.org/docs/stable/generated/torch.optim.RMSprop.html).
/// Centered, the difference of squares and squared average is kept from going below 0, where torch's root is not a number.
/// </summary>
internal sealed unsafe class RmsPropUpdate(OptimizerSettings settings) : IUpdateRule
{
    private readonly Rule _rule = new()
    {
        Decay = settings.WeightDecay,
        Alpha = settings.Alpha,
        Weight = Weight(settings),
        Epsilon = settings.Epsilon,
        Momentum = settings.Momentum,
        Centered = settings.Centered,
    };

    /// <inheritdoc/>
    public IReadOnlyList<string> StateNames { get; } = settings.StateNames;

    /// <inheritdoc/>
    public void Apply(
        long step, float learningRate, float scale, float* parameters, float* gradients, ReadOnlySpan<nint> state, int count) =>
        ElementLoop.Run(_rule with { Rate = learningRate }, settings.Maximize ? -scale : scale, parameters, gradients, state, count);

    /// <summary>The factor of what is new in an average.</summary>
    internal static float Weight(OptimizerSettings settings) => (float)(1 - ShortestDecimal.Of(settings.Alpha));

    private readonly record struct Rule : IElementRule
    {
        internal float Rate { get; init; }

        internal float Decay { get; init; }

        internal float Alpha { get; init; }

        internal float Weight { get; init; }

        internal float Epsilon { get; init; }

        internal float Momentum { get; init; }

        internal bool Centered { get; init; }

        /// <remarks>The states are the average of squares, the momentum where there is one, and the average gradient where it is centered.</remarks>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<float> Next(
            Vector256<float> parameter, Vector256<float> gradient, ref Vector256<float> first, ref Vector256<float> second, ref Vector256<float> third)
        {
            gradient = Decay == 0 ? gradient : Vector256.FusedMultiplyAdd(parameter, Vector256.Create(Decay), gradient);
            first = Vector256.FusedMultiplyAdd(gradient * Weight, gradient, first * Alpha);
            var square = first;
            if (Centered)
            {
                ref var average = ref Momentum != 0 ? ref third : ref second;
                average = Vector256.FusedMultiplyAdd(gradient - average, Vector256.Create(Weight), average);
                square = Vector256.Max(Vector256.FusedMultiplyAdd(-average, average, square), Vector256<float>.Zero);
            }

            var change = gradient / (Vector256.Sqrt(square) + Vector256.Create(Epsilon));
            if (Momentum != 0)
            {
                second = Vector256.FusedMultiplyAdd(second, Vector256.Create(Momentum), change);
                change = second;
            }

            return Vector256.FusedMultiplyAdd(change, Vector256.Create(-Rate), parameter);
        }
    }
}
