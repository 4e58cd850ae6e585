using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Cluster.Train.Reduction;

/// <summary>
/// Stochastic gradient descent with the formulas and the order of operations of <c>torch.optim.SGD</c>
/// (https://pytorch.org/docs/stable/generated/torch.optim.SGD.html), in one pass over gradient, parameter and momentum.
/// </summary>
internal sealed unsafe class SgdUpdate(OptimizerSettings settings) : IUpdateRule
{
    private readonly bool _hasMomentum = settings.Momentum != 0;
    private readonly float _gradientPart = (float)(1 - ShortestDecimal.Of(settings.Dampening));

    /// <inheritdoc/>
    public IReadOnlyList<string> StateNames { get; } = settings.StateNames;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Apply(
        long step, float learningRate, float scale, float* parameters, float* gradients, ReadOnlySpan<nint> state, int count)
    {
        // torch begins the momentum buffer with the first gradient itself, undampened.
        var first = step == 0;
        var signed = settings.Maximize ? -scale : scale;
        var momentum = _hasMomentum ? (float*)state[0] : null;
        var i = 0;
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            var parameter = Vector256.Load(parameters + i);
            var gradient = Vector256.Load(gradients + i) * signed;
            gradient = settings.WeightDecay == 0
                ? gradient
                : Vector256.FusedMultiplyAdd(parameter, Vector256.Create(settings.WeightDecay), gradient);
            if (momentum != null)
            {
                var buffer = first
                    ? gradient
                    : Vector256.FusedMultiplyAdd(
                        gradient, Vector256.Create(_gradientPart), Vector256.Load(momentum + i) * settings.Momentum);
                buffer.Store(momentum + i);
                gradient = settings.Nesterov
                    ? Vector256.FusedMultiplyAdd(buffer, Vector256.Create(settings.Momentum), gradient)
                    : buffer;
            }

            Vector256.FusedMultiplyAdd(gradient, Vector256.Create(-learningRate), parameter).Store(parameters + i);
        }

        for (; i < count; i++)
        {
            var gradient = gradients[i] * signed;
            gradient = settings.WeightDecay == 0
                ? gradient
                : MathF.FusedMultiplyAdd(parameters[i], settings.WeightDecay, gradient);
            if (momentum != null)
            {
                var buffer = first
                    ? gradient
                    : MathF.FusedMultiplyAdd(gradient, _gradientPart, momentum[i] * settings.Momentum);
                momentum[i] = buffer;
                gradient = settings.Nesterov ? MathF.FusedMultiplyAdd(buffer, settings.Momentum, gradient) : buffer;
            }

            parameters[i] = MathF.FusedMultiplyAdd(gradient, -learningRate, parameters[i]);
        }
    }
}
