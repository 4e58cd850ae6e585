using System.Security.Cryptography;
using static TorchSharp.torch;

namespace Cluster.Train.Training.Numerics;

/// <summary>
/// A fixed set of computations, in the shapes that training has, whose bits tell one processor's kernels from another's: sums
/// of hundreds of terms, odd extents, rows at two alignments, gradients. About 100 ms in all.
/// </summary>
internal static class NumericsBattery
{
    /// <summary>Its parts, in the order of <see cref="NumericsClass.Parts"/>.</summary>
    internal static IReadOnlyList<Action<Results>> Parts { get; } =
        [MatrixProducts, Convolutions, ElementaryFunctions, SumsAndNormalizations, Sequences];

    private static void MatrixProducts(Results results)
    {
        // Batch, inputs and outputs of layers: small ones, one that is cut into blocks, sums of thousands, odd ones.
        (int Batch, int Inputs, int Outputs)[] layers = [(63, 2, 4), (25, 17, 3), (64, 784, 512), (3, 4099, 5), (1, 2048, 64), (37, 515, 257)];
        foreach (var (batch, inputs, outputs) in layers)
        {
            Linear(results, batch, inputs, outputs, alignment: 0);
        }

        Linear(results, 37, 515, 257, alignment: 1);
        results.AddWithGradients(pair => pair[0].bmm(pair[1]), results.Input(6, 61, 32), results.Input(6, 32, 67));
    }

    /// <summary>What autocast computes in bfloat16: layers, convolutions and products of batches, and their gradients.</summary>
    internal static void BFloat16Products(Results results)
    {
        var cast = Precisions.AutocastOf(Precision.BFloat16, results.Device)!;
        (int Batch, int Inputs, int Outputs)[] layers = [(63, 2, 4), (25, 17, 3), (64, 784, 512), (3, 4099, 5), (37, 515, 257)];
        foreach (var (batch, inputs, outputs) in layers)
        {
            Cast(layer => nn.functional.linear(layer[0], layer[1], layer[2]), results.Input(batch, inputs), results.Input(outputs, inputs), results.Input(outputs));
        }

        Cast(layer => nn.functional.conv2d(layer[0], layer[1], layer[2], padding: [1, 1]), results.Input(5, 8, 13, 13), results.Input(16, 8, 3, 3), results.Input(16));
        Cast(pair => pair[0].bmm(pair[1]), results.Input(6, 61, 32), results.Input(6, 32, 67));
        Cast(
            heads => nn.functional.scaled_dot_product_attention(heads[0], heads[1], heads[2], is_casual: true),
            results.Input(2, 3, 33, 16), results.Input(2, 3, 33, 16), results.Input(2, 3, 33, 16));

        void Cast(Func<Tensor[], Tensor> function, params Tensor[] inputs) => results.AddWithGradients(
            operands =>
            {
                using var casting = cast.Enter();
                return function(operands).to_type(ScalarType.Float32);
            },
            inputs);
    }

    private static void Linear(Results results, int batch, int inputs, int outputs, int alignment) => results.AddWithGradients(
        layer => nn.functional.linear(layer[0], layer[1], layer[2]),
        results.InputAt(alignment, batch, inputs), results.InputAt(alignment, outputs, inputs), results.Input(outputs));

    private static void Convolutions(Results results)
    {
        results.AddWithGradients(layer => nn.functional.conv2d(layer[0], layer[1], layer[2]), results.Input(8, 1, 28, 28), results.Input(8, 1, 3, 3), results.Input(8));
        results.AddWithGradients(
            layer => nn.functional.conv2d(layer[0], layer[1], layer[2], padding: [1, 1]), results.Input(5, 8, 13, 13), results.Input(16, 8, 3, 3), results.Input(16));
        results.AddWithGradients(
            layer => nn.functional.conv2d(layer[0], layer[1], strides: [2, 2]), results.Input(3, 16, 9, 9), results.Input(7, 16, 5, 5));
        // These are cut by the size of the second-level cache: see OneDnnCaches.
        results.AddWithGradients(
            layer => nn.functional.conv2d(layer[0], layer[1], strides: [4, 4], padding: [5, 5]), results.Input(1, 512, 14, 14), results.Input(3, 512, 11, 11));
    }

    private static void ElementaryFunctions(Results results)
    {
        const int count = 1003;
        var values = results.Input(count);
        results.Add(values.exp(), values.tanh(), values.erf(), values.sigmoid(), (values.abs() + 0.0625f).log(), values.abs().sqrt(), nn.functional.gelu(values));
        results.AddWithGradients(scores => scores[0].softmax(-1), results.Input(33, 65));
        results.AddWithGradients(scores => scores[0].log_softmax(-1), results.Input(33, 10));
    }

    private static void SumsAndNormalizations(Results results)
    {
        var values = results.Input(97, 103);
        results.Add(values.sum(), values.sum(0), values.sum(1), values.mean(), values.var(1), values.cumsum(1));
        results.AddWithGradients(
            layer => nn.functional.layer_norm(layer[0], [37], layer[1], layer[2]), results.Input(19, 37), results.Input(37), results.Input(37));
        foreach (long[] shape in new[] { [31, 13], new long[] { 5, 13, 7, 7 } })
        {
            var (mean, variance) = (zeros(13, device: results.Device), ones(13, device: results.Device));
            results.AddWithGradients(
                layer => nn.functional.batch_norm(layer[0], mean, variance, layer[1], layer[2], training: true),
                results.Input(shape), results.Input(13), results.Input(13));
            results.Add(mean, variance);
        }
    }

    private static void Sequences(Results results)
    {
        using (var embedding = nn.Embedding_from_pretrained(results.Input(65, 24), freeze: false))
        {
            // Each token many times: their gradients are summed.
            using var tokens = arange(0, 8 * 31, ScalarType.Int64, results.Device).remainder(29).view(8, 31);
            var vectors = embedding.forward(tokens);
            results.Add(vectors, autograd.grad([vectors], [embedding.weight!], [results.Input(8, 31, 24)])[0]);
        }

        results.AddWithGradients(
            heads => nn.functional.scaled_dot_product_attention(heads[0], heads[1], heads[2], is_casual: true),
            results.Input(2, 3, 33, 16), results.Input(2, 3, 33, 16), results.Input(2, 3, 33, 16));
        // The cell of an LSTM: Hochreiter and Schmidhuber, Neural Computation 9 (1997), with the gates in PyTorch's order.
        results.AddWithGradients(
            cell =>
            {
                var gates = (nn.functional.linear(cell[0], cell[2]) + nn.functional.linear(cell[1], cell[3])).chunk(4, 1);
                var state = (gates[1].sigmoid() * cell[4]) + (gates[0].sigmoid() * gates[2].tanh());
                return gates[3].sigmoid() * state.tanh();
            },
            results.Input(9, 21), results.Input(9, 20), results.Input(80, 21), results.Input(80, 20), results.Input(9, 20));
    }

    /// <summary>The inputs of a part, and the hash of its results.</summary>
    /// <param name="device">Where it is computed.</param>
    internal sealed class Results(Device device) : IDisposable
    {
        private const int Line = 16;
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly StableRandom _random = new(seed: 1);

        /// <summary>Where it is computed.</summary>
        internal Device Device => device;

        /// <summary>A tensor of numbers in [-1, 1) of 24 random bits each, so that every sum is rounded.</summary>
        internal Tensor Input(params long[] shape) => InputAt(0, shape);

        /// <summary>The same, so many floats beside a line of the processor's cache.</summary>
        internal Tensor InputAt(int offset, params long[] shape)
        {
            var values = new float[shape.Aggregate(1L, (product, extent) => product * extent)];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = ((_random.NextBits() >> 40) * (1f / (1 << 23))) - 1;
            }

            var block = empty(values.Length + Line, ScalarType.Float32, device).narrow(0, offset, values.Length);
            using var source = tensor(values, ScalarType.Float32);
            return block.copy_(source).view(shape);
        }

        /// <summary>Adds results to the hash.</summary>
        internal void Add(params ReadOnlySpan<Tensor> tensors)
        {
            foreach (var tensor in tensors)
            {
                using var values = tensor.detach().cpu().contiguous();
                _hash.AppendData(values.bytes);
            }
        }

        /// <summary>Adds what a function computes and its gradients by all of its inputs.</summary>
        internal void AddWithGradients(Func<Tensor[], Tensor> function, params Tensor[] inputs)
        {
            foreach (var input in inputs)
            {
                input.requires_grad_(true);
            }

            var output = function(inputs);
            Add(output);
            Add([.. autograd.grad([output], inputs, [Input(output.shape)])]);
        }

        /// <summary>The first 32 bits of the hash, as 8 hexadecimal digits.</summary>
        internal string Digits() => Convert.ToHexStringLower(_hash.GetHashAndReset().AsSpan(0, 4));

        /// <inheritdoc/>
        public void Dispose() => _hash.Dispose();
    }
}
