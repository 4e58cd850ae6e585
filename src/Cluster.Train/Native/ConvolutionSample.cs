using static TorchSharp.torch;

namespace Cluster.Train.Native;

/// <summary>A small convolution in two dimensions, computed by libtorch and by the sums of its definition.</summary>
/// <param name="Inputs">Channels of the input, of 5 by 5 elements in a batch of three.</param>
/// <param name="Outputs">Channels of the output; kernels are 3 by 3, padded by one.</param>
internal readonly record struct ConvolutionSample(int Inputs, int Outputs)
{
    /// <summary>Relative to the largest element: float32 keeps 1e-7, what nobody wrote is wrong from the first digit on.</summary>
    internal const double Tolerance = 1e-4;

    private const int Batch = 3, Extent = 5, Kernel = 3;

    /// <summary>Channels that fill any processor's registers.</summary>
    internal static ConvolutionSample FullBlocks { get; } = new(16, 16);

    /// <summary>Less than a block, and a part of one after a whole one, on either side.</summary>
    internal static ConvolutionSample[] PartialBlocks { get; } = [new(1, 1), new(5, 7), new(16, 3), new(24, 16), new(18, 19)];

    /// <summary>The largest difference of output and both gradients from their definition, each relative to its own largest element.</summary>
    internal static double Error(ConvolutionSample sample)
    {
        var (inputs, outputs) = sample;
        var input = Numbers(Batch * inputs * Extent * Extent);
        var kernel = Numbers(outputs * inputs * Kernel * Kernel);
        var weights = Numbers(Batch * outputs * Extent * Extent);

        using var scope = NewDisposeScope();
        using var gradients = enable_grad();
        var x = tensor(input).view(Batch, inputs, Extent, Extent).requires_grad_(true);
        var k = tensor(kernel).view(outputs, inputs, Kernel, Kernel).requires_grad_(true);
        var y = nn.functional.conv2d(x, k, padding: [1, 1]);
        var found = autograd.grad([y], [x, k], [tensor(weights).view(Batch, outputs, Extent, Extent)]);

        var (output, ofInput, ofKernel) = (new double[weights.Length], new double[input.Length], new double[kernel.Length]);
        for (var sampleInBatch = 0; sampleInBatch < Batch; sampleInBatch++)
        {
            for (var o = 0; o < outputs; o++)
            {
                for (var i = 0; i < inputs; i++)
                {
                    Plane(((sampleInBatch * outputs) + o) * Extent * Extent, ((sampleInBatch * inputs) + i) * Extent * Extent, ((o * inputs) + i) * Kernel * Kernel);
                }
            }
        }

        return Math.Max(Difference(y, output), Math.Max(Difference(found[0], ofInput), Difference(found[1], ofKernel)));

        void Plane(int outputAt, int inputAt, int kernelAt)
        {
            for (var at = 0; at < Extent * Extent * Kernel * Kernel; at++)
            {
                var (row, column, down, right) = (at / (Extent * Kernel * Kernel), at / (Kernel * Kernel) % Extent, at / Kernel % Kernel, at % Kernel);
                if (row + down - 1 is >= 0 and < Extent and var fromRow && column + right - 1 is >= 0 and < Extent and var fromColumn)
                {
                    var (to, from, by) = (outputAt + (row * Extent) + column, inputAt + (fromRow * Extent) + fromColumn, kernelAt + (down * Kernel) + right);
                    output[to] += (double)input[from] * kernel[by];
                    ofInput[from] += (double)weights[to] * kernel[by];
                    ofKernel[by] += (double)weights[to] * input[from];
                }
            }
        }
    }

    /// <summary>Numbers from -1 to 1 without a pattern in them; the same ones at each call, and none of libtorch's random numbers.</summary>
    private static float[] Numbers(int count)
    {
        // Weyl's sequence of the golden ratio.
        const double step = 0.6180339887498949;
        return [.. Enumerable.Range(1, count).Select(number => (float)((2 * ((number * step) % 1)) - 1))];
    }

    private static double Difference(Tensor found, double[] wanted)
    {
        var numbers = found.contiguous().data<float>().ToArray();
        var largest = wanted.Max(Math.Abs);
        // NaN is the worst, and is found by no comparison.
        return numbers.Zip(wanted, (number, right) => float.IsFinite(number) ? Math.Abs(number - right) : double.PositiveInfinity).Max() / largest;
    }
}
