using Cluster.Train.Reduction;
using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>
/// The large gradients of a replica on the processor, which are copied to the block after the backward pass. Where a parameter has
/// a gradient already, autograd adds the new one to it, and the old one has to be made zero before: two passes over memory
/// that were a tenth of a perceptron's step. Where it has none, autograd leaves the new one there as it is (AccumulateGrad, in
/// PyTorch's torch/csrc/autograd/functions/accumulate_grad.h). A copy is added to zeros, so the bits are the same either way.
/// </summary>
internal sealed unsafe class CollectedGradients
{
    /// <summary>Values of a gradient from which on a copy takes less time than the calls into libtorch that it needs.</summary>
    internal const int ShortestLength = 4096;

    /// <summary>Values of all that are collected, 4 MiB: until the last is copied, all are in memory beside the block, and memory is what large models lack.</summary>
    internal const long LongestTotal = 1 << 20;

    private readonly (TensorEntry Entry, torch.Tensor Parameter)[] _collected;
    private readonly List<(long Start, long Length)> _others = [];

    /// <summary>Chooses among parameters.</summary>
    /// <param name="parameters">Parameters in layout order, each of which is one tensor of the module.</param>
    /// <param name="layout">Where all tensors lie.</param>
    internal CollectedGradients(IEnumerable<(TensorEntry Entry, torch.Tensor Parameter)> parameters, ParameterLayout layout)
        : this(Chosen(parameters), layout.VectorLength)
    {
    }

    private CollectedGradients((TensorEntry Entry, torch.Tensor Parameter)[] collected, long length)
    {
        _collected = collected;
        var end = 0L;
        foreach (var (entry, _) in collected)
        {
            AddOther(end, entry.Offset);
            end = entry.Offset + entry.Count;
        }

        AddOther(end, length);

        void AddOther(long from, long to)
        {
            if (to > from)
            {
                _others.Add((from, to - from));
            }
        }
    }

    /// <summary>None of the gradients.</summary>
    internal static CollectedGradients None { get; } = new([], length: 0);

    /// <summary>Values that the gradients of a layout may have beside the block.</summary>
    internal static long LengthOf(ParameterLayout layout) =>
        Chosen(layout.Tensors.Where(tensor => tensor.Role == TensorRole.Trainable).Select(tensor => (tensor, 0))).Sum(pair => pair.Entry.Count);

    /// <summary>Whether a parameter's gradient is one of them.</summary>
    internal bool Contains(TensorEntry entry) => Array.Exists(_collected, pair => ReferenceEquals(pair.Entry, entry));

    /// <summary>Whether a parameter's gradient is one of them and there.</summary>
    internal bool HasGradient(TensorEntry entry)
    {
        var index = Array.FindIndex(_collected, pair => ReferenceEquals(pair.Entry, entry));
        using var gradient = index < 0 ? null : _collected[index].Parameter.grad;
        return gradient is not null;
    }

    /// <summary>Makes the rest of a block zero.</summary>
    internal void ClearOthers(FloatBlock block)
    {
        foreach (var (start, length) in _others)
        {
            VectorKernels.Clear(block.Pointer + start, length);
        }
    }

    /// <summary>Copies the gradients to a block and lets go of them; one that is not there is zero.</summary>
    /// <returns>The first that is not as autograd leaves a dense one; null for none.</returns>
    internal TensorEntry? CollectTo(FloatBlock block)
    {
        foreach (var (entry, parameter) in _collected)
        {
            using var gradient = parameter.grad;
            var destination = block.Pointer + entry.Offset;
            if (gradient is null)
            {
                VectorKernels.Clear(destination, entry.Count);
                continue;
            }

            // Autograd leaves a dense one in the parameter's own strides.
            if (gradient.is_sparse || gradient.dtype != torch.ScalarType.Float32 || gradient.numel() != entry.Count || !gradient.is_contiguous())
            {
                return entry;
            }

            VectorKernels.CopyOntoZeros(destination, (float*)TensorValues.Address(gradient), entry.Count);
            parameter.grad = null;
        }

        return null;
    }

    private static (TensorEntry Entry, T Parameter)[] Chosen<T>(IEnumerable<(TensorEntry Entry, T Parameter)> parameters)
    {
        var left = LongestTotal;
        var chosen = new List<(TensorEntry Entry, T Parameter)>();
        foreach (var pair in parameters.Where(pair => pair.Entry.Count >= ShortestLength))
        {
            if (pair.Entry.Count <= left)
            {
                left -= pair.Entry.Count;
                chosen.Add(pair);
            }
        }

        return [.. chosen];
    }
}
