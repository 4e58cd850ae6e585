using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>A module's parameters and buffers, sorted by their role, and how they are bound to flat blocks.</summary>
internal sealed unsafe class ModelTensors
{
    private readonly string _task;
    private readonly List<(TensorEntry Entry, torch.Tensor Tensor)> _trainable = [];
    private readonly List<(TensorEntry Entry, torch.Tensor Tensor)> _frozen = [];
    private readonly List<ModelBuffer> _buffers = [];

    /// <summary>Sorts a module's tensors and lays them out.</summary>
    /// <exception cref="BadInputException">A tensor that cannot be trained here; named, with the reason.</exception>
    internal ModelTensors(string task, torch.nn.Module model)
    {
        _task = task;
        var tensors = new List<(string Name, torch.Tensor Tensor, TensorRole Role)>();
        var storages = new Dictionary<nint, string>();
        var seen = new HashSet<torch.Tensor>(ReferenceEqualityComparer.Instance);
        foreach (var (name, parameter) in model.named_parameters())
        {
            // A tied weight is one parameter under two names: it counts once, under the first.
            if (!seen.Add(parameter))
            {
                continue;
            }

            Require(parameter.dtype == torch.ScalarType.Float32, name, $"is {parameter.dtype}; parameters must be float32");
            if (parameter.numel() > 0 && !storages.TryAdd(Address(parameter), name))
            {
                throw Refused(name, $"shares its memory with '{storages[Address(parameter)]}'; tie weights by using one Parameter twice");
            }

            tensors.Add((name, parameter, parameter.requires_grad ? TensorRole.Trainable : TensorRole.Frozen));
        }

        foreach (var (name, buffer) in model.named_buffers())
        {
            var integer = buffer.dtype is torch.ScalarType.Int64 or torch.ScalarType.Bool;
            Require(integer || buffer.dtype == torch.ScalarType.Float32, name, $"is {buffer.dtype}; buffers must be float32, int64 or bool");
            tensors.Add((name, buffer, integer ? TensorRole.IntegerBuffer : TensorRole.FloatBuffer));
        }

        if (!tensors.Exists(tensor => tensor.Role == TensorRole.Trainable))
        {
            throw new BadInputException($"task '{task}': the model has no parameter that requires a gradient, so there is nothing to train");
        }

        Layout = new ParameterLayout(tensors.Select(tensor => (tensor.Name, tensor.Tensor.shape.ToImmutableArray(), tensor.Role)));
        foreach (var (entry, tensor) in Layout.Tensors.Zip(tensors, (entry, tensor) => (entry, tensor.Tensor)))
        {
            switch (entry.Role)
            {
                case TensorRole.Trainable:
                    _trainable.Add((entry, tensor));
                    break;
                case TensorRole.Frozen:
                    _frozen.Add((entry, tensor));
                    break;
                default:
                    _buffers.Add(new ModelBuffer(entry, tensor));
                    break;
            }
        }
    }

    internal ParameterLayout Layout { get; }

    /// <summary>A copy of all values in the order of the flat vector.</summary>
    internal float[] CopyVector()
    {
        var vector = new float[Layout.VectorLength];
        foreach (var (entry, tensor) in _trainable)
        {
            TensorValues.Floats(tensor).CopyTo(vector.AsSpan((int)entry.Offset));
        }

        foreach (var buffer in _buffers)
        {
            buffer.Write(vector.AsSpan((int)buffer.Entry.Offset, buffer.Length));
        }

        return vector;
    }

    /// <summary>Makes parameters and gradients views into blocks.</summary>
    internal void Bind(ReplicaBlocks blocks)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        foreach (var (entry, parameter) in _trainable)
        {
            var shape = entry.Shape.ToArray();
            parameter.set_(blocks.DeviceParameters.narrow(0, entry.Offset, entry.Count).view(shape));
            parameter.grad = blocks.DeviceGradients.narrow(0, entry.Offset, entry.Count).view(shape);
        }
    }

    /// <summary>Makes sure that autograd added to the views instead of replacing them.</summary>
    /// <exception cref="BadInputException">A gradient is elsewhere; names the parameter.</exception>
    internal void CheckGradients(ReplicaBlocks blocks)
    {
        foreach (var (entry, parameter) in _trainable)
        {
            using var gradient = parameter.grad;
            using var expected = blocks.DeviceGradients.narrow(0, entry.Offset, entry.Count);
            var inPlace = gradient is not null && !gradient.is_sparse && (gradient.device_type != DeviceType.CPU || Address(gradient) == Address(expected));
            Require(inPlace, entry.Name, "has a gradient of its own after backward (a sparse one, or one that the task set); let autograd add to it");
        }
    }

    /// <summary>Sets the module's buffers to those of the step.</summary>
    internal void ReadBuffers(ReplicaBlocks blocks)
    {
        foreach (var buffer in _buffers)
        {
            buffer.Read(blocks.Parameters.Span(buffer.Entry.Offset, buffer.Length));
        }
    }

    /// <summary>
    /// Puts the changes of the module's buffers, times the shard's weight, to the gradients; of integers, the whole
    /// change, from one shard.
    /// </summary>
    internal void WriteBuffers(ReplicaBlocks blocks, float weight, bool withIntegers)
    {
        foreach (var buffer in _buffers)
        {
            var integer = buffer.Entry.Role == TensorRole.IntegerBuffer;
            if (!integer || withIntegers)
            {
                var change = blocks.Gradients.Span(buffer.Entry.Offset, buffer.Length);
                buffer.Write(change);
                Subtract(change, blocks.Parameters.Span(buffer.Entry.Offset, buffer.Length), integer ? 1 : weight);
            }
        }
    }

    internal float[] CopyFrozen()
    {
        var values = new float[Layout.FrozenLength];
        foreach (var (entry, tensor) in _frozen)
        {
            TensorValues.Floats(tensor).CopyTo(values.AsSpan((int)entry.Offset));
        }

        return values;
    }

    internal void LoadFrozen(float[] values)
    {
        foreach (var (entry, tensor) in _frozen)
        {
            TensorValues.Assign<float>(tensor, values.AsSpan((int)entry.Offset, (int)entry.Count));
        }
    }

    /// <summary>The address of a tensor's first value; what identifies it, where it is on a GPU.</summary>
    internal static nint Address(torch.Tensor tensor) =>
        tensor.device_type == DeviceType.CPU ? (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes)) : tensor.Handle;

    /// <summary>values = (values − before) × weight; zero where nothing changed, infinities included.</summary>
    private static void Subtract(Span<float> values, ReadOnlySpan<float> before, float weight)
    {
        for (var index = 0; index < values.Length; index++)
        {
            values[index] = values[index].Equals(before[index]) ? 0 : (values[index] - before[index]) * weight;
        }
    }

    private void Require(bool condition, string name, string problem)
    {
        if (!condition)
        {
            throw Refused(name, problem);
        }
    }

    private BadInputException Refused(string name, string problem) => new($"task '{_task}': '{name}' {problem}");
}
