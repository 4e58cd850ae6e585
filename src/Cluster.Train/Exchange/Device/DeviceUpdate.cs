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
            case OptimizerKind.AdamW or OptimizerKind.Adam:
                var adam = new AdamUpdate(settings);
                return (step, rate, scale, parameters, gradient, state) => Adam(
                    adam, adam.NumbersOf(step, rate), settings.Epsilon,
                    Decayed(Scaled(settings, gradient, scale), parameters, adam.AddedDecay), parameters, state);
            case OptimizerKind.RmsProp:
                return (_, rate, scale, parameters, gradient, state) => RmsProp(
                    settings, rate, Decayed(Scaled(settings, gradient, scale), parameters, settings.WeightDecay), parameters, state);
            case OptimizerKind.Adagrad:
                return (step, rate, scale, parameters, gradient, state) => Adagrad(
                    settings, step, AdagradUpdate.RateOf(settings, step, rate),
                    Decayed(Scaled(settings, gradient, scale), parameters, settings.WeightDecay), parameters, state);
            case OptimizerKind.Lion:
                var lion = new LionUpdate(settings);
                return (_, rate, scale, parameters, gradient, state) => Lion(lion, rate, Scaled(settings, gradient, scale), parameters, state);
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
        gradient = Decayed(gradient, parameters, settings.WeightDecay);
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

    private static void Adam(
        AdamUpdate numbers, AdamUpdate.StepNumbers ofStep, float epsilon, torch.Tensor gradient, torch.Tensor parameters,
        IReadOnlyList<torch.Tensor> state)
    {
        var (average, square) = (state[0], state[1]);
        _ = average.add_(gradient.sub(average), numbers.Weight1);
        _ = square.copy_(FusedMultiplyAdd.Of(gradient.mul(numbers.Weight2), gradient, square.mul(numbers.Beta2)));
        // By a tensor: a GPU multiplies by the inverse of a number.
        var correction = torch.full(1, ofStep.Correction2, torch.ScalarType.Float32, square.device);
        var denominator = Root(square).div_(correction).add_(epsilon);
        _ = parameters.mul_(ofStep.Decay).add_(average.div(denominator), ofStep.StepSize);
    }

    private static void RmsProp(
        OptimizerSettings settings, float rate, torch.Tensor gradient, torch.Tensor parameters, IReadOnlyList<torch.Tensor> state)
    {
        var (square, weight) = (state[0], RmsPropUpdate.Weight(settings));
        _ = square.copy_(FusedMultiplyAdd.Of(gradient.mul(weight), gradient, square.mul(settings.Alpha)));
        if (settings.Centered)
        {
            var average = state[^1];
            _ = average.add_(gradient.sub(average), weight);
            square = FusedMultiplyAdd.Of(average.neg(), average, square).clamp_min_(0);
        }

        var change = gradient.div(Root(square).add_(settings.Epsilon));
        _ = parameters.add_(
            settings.Momentum == 0 ? change : state[1].copy_(change.add_(state[1], settings.Momentum)), -rate);
    }

    private static void Adagrad(
        OptimizerSettings settings, long step, float rate, torch.Tensor gradient, torch.Tensor parameters, IReadOnlyList<torch.Tensor> state)
    {
        var sum = step == 0 ? state[0].fill_(settings.InitialAccumulator) : state[0];
        _ = sum.copy_(FusedMultiplyAdd.Of(gradient, gradient, sum));
        _ = parameters.add_(gradient.div(Root(sum).add_(settings.Epsilon)), -rate);
    }

    private static void Lion(LionUpdate numbers, float rate, torch.Tensor gradient, torch.Tensor parameters, IReadOnlyList<torch.Tensor> state)
    {
        var average = state[0];
        var difference = gradient.sub(average);
        var direction = average.add(difference, numbers.Weight1);
        _ = average.add_(difference, numbers.Weight2);
        _ = parameters.mul_(numbers.DecayOf(rate)).add_(direction.sign().add_(direction.sub(direction)), -rate);
    }

    private static torch.Tensor Decayed(torch.Tensor gradient, torch.Tensor parameters, float decay) =>
        decay == 0 ? gradient : gradient.add(parameters, decay);

    // In double precision: libtorch's square root of floats is not rounded correctly everywhere, and the two roundings make one (Figueroa, 1995).
    private static torch.Tensor Root(torch.Tensor square) =>
        square.to_type(torch.ScalarType.Float64).sqrt_().to_type(torch.ScalarType.Float32);

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
