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
    private readonly List<(TensorEntry Entry, torch.Tensor Tensor)> _floatBuffers = [];
    private readonly List<(TensorEntry Entry, torch.Tensor Tensor)> _integerBuffers = [];

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
            (entry.Role switch
            {
                TensorRole.Trainable => _trainable,
                TensorRole.Frozen => _frozen,
                TensorRole.FloatBuffer => _floatBuffers,
                _ => _integerBuffers,
            }).Add((entry, tensor));
        }
    }

    internal ParameterLayout Layout { get; }

    /// <summary>A copy of all values in the order of the flat vector.</summary>
    internal float[] CopyVector()
    {
        var vector = new float[Layout.VectorLength];
        foreach (var (entry, tensor) in _trainable.Concat(_floatBuffers))
        {
            Floats(tensor).CopyTo(vector.AsSpan((int)entry.Offset));
        }

        foreach (var (entry, tensor) in _integerBuffers)
        {
            IntegerLimbs.Encode(Integers(tensor), vector.AsSpan((int)entry.Offset, (int)entry.Count * ParameterLayout.LimbsPerInteger));
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
        if (_floatBuffers.Count + _integerBuffers.Count == 0)
        {
            return;
        }

        using var noGradients = torch.no_grad();
        foreach (var (entry, buffer) in _floatBuffers)
        {
            Assign(buffer, blocks.Parameters.Span(entry.Offset, (int)entry.Count));
        }

        foreach (var (entry, buffer) in _integerBuffers)
        {
            var values = new long[entry.Count];
            IntegerLimbs.Decode(blocks.Parameters.Span(entry.Offset, (int)entry.Count * ParameterLayout.LimbsPerInteger), values);
            Assign(buffer, values);
        }
    }

    /// <summary>Puts the module's new buffers, times the shard's weight, to the gradients.</summary>
    internal void WriteBuffers(ReplicaBlocks blocks, float weight, bool withIntegers)
    {
        foreach (var (entry, buffer) in _floatBuffers)
        {
            var destination = blocks.Gradients.Span(entry.Offset, (int)entry.Count);
            var source = Floats(buffer);
            for (var index = 0; index < destination.Length; index++)
            {
                destination[index] = source[index] * weight;
            }
        }

        foreach (var (entry, buffer) in withIntegers ? _integerBuffers : [])
        {
            IntegerLimbs.Encode(Integers(buffer), blocks.Gradients.Span(entry.Offset, (int)entry.Count * ParameterLayout.LimbsPerInteger));
        }
    }

    internal float[] CopyFrozen()
    {
        var values = new float[Layout.FrozenLength];
        foreach (var (entry, tensor) in _frozen)
        {
            Floats(tensor).CopyTo(values.AsSpan((int)entry.Offset));
        }

        return values;
    }

    internal void LoadFrozen(float[] values)
    {
        using var noGradients = torch.no_grad();
        foreach (var (entry, tensor) in _frozen)
        {
            Assign(tensor, values.AsSpan((int)entry.Offset, (int)entry.Count));
        }
    }

    private static void Assign(torch.Tensor tensor, ReadOnlySpan<float> values)
    {
        using var source = torch.tensor(values.ToArray());
        using var shaped = source.view(tensor.shape);
        tensor.copy_(shaped);
    }

    private static void Assign(torch.Tensor tensor, ReadOnlySpan<long> values)
    {
        using var source = torch.tensor(values.ToArray());
        using var shaped = source.view(tensor.shape);
        tensor.copy_(shaped);
    }

    /// <summary>A tensor's float32 values, wherever it is and however it is strided.</summary>
    private static float[] Floats(torch.Tensor tensor)
    {
        using var noGradients = torch.no_grad();
        using var detached = tensor.detach();
        using var onHost = detached.cpu();
        using var dense = onHost.contiguous();
        return dense.data<float>().ToArray();
    }

    private static long[] Integers(torch.Tensor tensor)
    {
        using var wide = tensor.to_type(torch.ScalarType.Int64);
        using var onHost = wide.cpu();
        using var dense = onHost.contiguous();
        return dense.data<long>().ToArray();
    }

    private static nint Address(torch.Tensor tensor) =>
        tensor.device_type == DeviceType.CPU ? (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes)) : tensor.Handle;

    private void Require(bool condition, string name, string problem)
    {
        if (!condition)
        {
            throw Refused(name, problem);
        }
    }

    private BadInputException Refused(string name, string problem) => new($"task '{_task}': '{name}' {problem}");
}
