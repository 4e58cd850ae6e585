using Cluster.Train.Reduction;
using TorchSharp;

namespace Cluster.Train.Exchange.Device;

/// <summary>
/// The update rules and sums of <see cref="Reduction"/> as operations on tensors of any device, with the same bits: each
/// operation rounds as its counterpart on the processor does, where libtorch's <c>add</c> with a factor is one fused
/// multiply-add. <see cref="DeviceArithmetic"/> makes sure of it on the device at hand.
/// </summary>
internal static class DeviceUpdate
{
    /// <summary>The update of one step.</summary>
    /// <param name="settings">The rule.</param>
    /// <returns>Updates parameters and state in place; the gradient stays as it is.</returns>
    internal static Rule Of(OptimizerSettings settings)
    {
        switch (settings.Kind)
        {
            case OptimizerKind.Sgd:
                return (step, rate, scale, parameters, gradient, state) => Sgd(settings, step, rate, Scaled(settings, gradient, scale), parameters, state);
            case OptimizerKind.AdamW:
                var numbers = new AdamWUpdate(settings);
                return (step, rate, scale, parameters, gradient, state) =>
                    AdamW(numbers, numbers.NumbersOf(step, rate), settings.Epsilon, Scaled(settings, gradient, scale), parameters, state);
            default:
                throw new ArgumentOutOfRangeException(nameof(settings), settings.Kind, "there is no such rule");
        }
    }

    /// <summary>As <see cref="BufferChange.Apply"/>.</summary>
    internal static void ApplyChanges(torch.Tensor buffers, torch.Tensor changes)
    {
        // An infinite value counts as zero.
        var finite = buffers.masked_fill(buffers.isinf(), 0);
        _ = buffers.copy_(finite.add_(changes));
    }

    /// <summary>As <see cref="GradientNorm.SumOfSquaresByHalves"/>, of all blocks of a slice.</summary>
    internal static double[] NormBlocks(torch.Tensor gradient)
    {
        var blocks = (gradient.numel() + SliceOwner.BlockLength - 1) / SliceOwner.BlockLength;
        if (blocks == 0)
        {
            return [];
        }

        var squares = torch.zeros(blocks * SliceOwner.BlockLength, torch.ScalarType.Float64, gradient.device);
        _ = squares.narrow(0, 0, gradient.numel()).copy_(gradient);
        squares = squares.mul_(squares).view(blocks, SliceOwner.BlockLength);
        for (long half = SliceOwner.BlockLength / 2; half > 0; half /= 2)
        {
            squares = squares.narrow(1, 0, half).add(squares.narrow(1, half, half));
        }

        return squares.cpu().contiguous().data<double>().ToArray();
    }

    private static torch.Tensor Scaled(OptimizerSettings settings, torch.Tensor gradient, float scale)
    {
        var signed = settings.Maximize ? -scale : scale;
        return signed == 1 ? gradient : gradient.mul(signed);
    }

    private static void Sgd(
        OptimizerSettings settings, long step, float rate, torch.Tensor gradient, torch.Tensor parameters, IReadOnlyList<torch.Tensor> state)
    {
        if (settings.WeightDecay != 0)
        {
            gradient = gradient.add(parameters, settings.WeightDecay);
        }

        if (state.Count > 0)
        {
            var momentum = state[0];
            _ = step == 0
                ? momentum.copy_(gradient)
                : momentum.mul_(settings.Momentum).add_(gradient, (float)(1 - ShortestDecimal.Of(settings.Dampening)));
            gradient = settings.Nesterov ? gradient.add(momentum, settings.Momentum) : momentum;
        }

        _ = parameters.add_(gradient, -rate);
    }

    private static void AdamW(
        AdamWUpdate numbers, AdamWUpdate.StepNumbers ofStep, float epsilon, torch.Tensor gradient, torch.Tensor parameters,
        IReadOnlyList<torch.Tensor> state)
    {
        var (average, square) = (state[0], state[1]);
        _ = average.add_(gradient.sub(average), numbers.Weight1);
        _ = square.copy_(FusedMultiplyAdd.Of(gradient.mul(numbers.Weight2), gradient, square.mul(numbers.Beta2)));
        // By a tensor: a GPU multiplies by the inverse of a number.
        var correction = torch.full(1, ofStep.Correction2, torch.ScalarType.Float32, square.device);
        // In double precision: libtorch's square root of floats is not rounded correctly everywhere, and the two roundings make one (Figueroa, 1995).
        var root = square.to_type(torch.ScalarType.Float64).sqrt_().to_type(torch.ScalarType.Float32);
        var denominator = root.div_(correction).add_(epsilon);
        _ = parameters.mul_(ofStep.Decay).add_(average.div(denominator), ofStep.StepSize);
    }

    /// <summary>Updates parameters and state in place.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="learningRate">Of this step.</param>
    /// <param name="scale">Factor of the gradient, 1 for none.</param>
    /// <param name="parameters">The parameters of a slice.</param>
    /// <param name="gradient">The summed gradient, as long.</param>
    /// <param name="state">The state vectors, as long.</param>
    internal delegate void Rule(
        long step, float learningRate, float scale, torch.Tensor parameters, torch.Tensor gradient, IReadOnlyList<torch.Tensor> state);
}
