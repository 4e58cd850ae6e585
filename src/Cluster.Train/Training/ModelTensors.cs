using System.Collections.Immutable;
using Cluster.Train.Reduction;
using TorchSharp;
using Module = TorchSharp.torch.nn.Module;

namespace Cluster.Train.Training;

/// <summary>A module's parameters and buffers, sorted by their role, and how parameters and gradients are bound to flat blocks.</summary>
internal sealed class ModelTensors : IDisposable
{
    /// <summary>A name must fit a message and a checkpoint's header many times.</summary>
    private const int LongestName = 10_000;

    private const string ForeignGradient = "has a gradient of its own after backward (a sparse one, or one that the task set); let autograd add to it";

    private readonly string _task;
    private readonly List<(TensorEntry Entry, torch.Tensor[] Tensors)> _trainable = [];
    private readonly List<(TensorEntry Entry, torch.Tensor[] Tensors)> _frozen = [];
    private CollectedGradients _collected = CollectedGradients.None;

    /// <summary>Sorts a module's tensors and lays them out.</summary>
    /// <param name="task">For messages.</param>
    /// <param name="model">The module.</param>
    /// <param name="ties">For each parameter's name the first name of the same parameter: it counts once, under that.</param>
    /// <param name="groups">Says how the optimizer treats a parameter.</param>
    /// <param name="weighted">Whether shards contribute a weight.</param>
    /// <exception cref="BadInputException">A tensor that cannot be trained here; named, with the reason.</exception>
    internal ModelTensors(string task, Module model, IReadOnlyDictionary<string, string> ties, ParameterGroups groups, bool weighted)
    {
        _task = task;
        var tensors = new List<(string Name, torch.Tensor[] Tensors, TensorRole Role)>();
        foreach (var group in ModelParameters.Of(model).GroupBy(parameter => ties[parameter.Name], parameter => parameter.Tensor, StringComparer.Ordinal))
        {
            var (name, all) = (group.Key, group.ToArray());
            Require(all[0].dtype == torch.ScalarType.Float32, name, $"is {all[0].dtype}; parameters must be float32");
            tensors.Add((name, all, Array.Exists(all, tensor => tensor.requires_grad) ? TensorRole.Trainable : TensorRole.Frozen));
        }

        foreach (var (name, buffer) in model.named_buffers())
        {
            var integer = buffer.dtype is torch.ScalarType.Int64 or torch.ScalarType.Bool;
            Require(integer || buffer.dtype == torch.ScalarType.Float32, name, $"is {buffer.dtype}; buffers must be float32, int64 or bool");
            tensors.Add((name, [buffer], integer ? TensorRole.IntegerBuffer : TensorRole.FloatBuffer));
        }

        if (!tensors.Exists(tensor => tensor.Role == TensorRole.Trainable))
        {
            throw new BadInputException($"task '{task}': the model has no parameter that requires a gradient, so there is nothing to train; a module's constructor has to call RegisterComponents() once its layers are made, and not all may be frozen");
        }

        foreach (var (name, _, _) in tensors)
        {
            Require(name.Length <= LongestName, $"{name[..Math.Min(40, name.Length)]}…", Invariant($"has a name of {name.Length} characters, at most {LongestName} can be used"));
        }

        Layout = new ParameterLayout(tensors.Select(tensor => (tensor.Name, Shape(tensor.Tensors), tensor.Role, tensor.Role == TensorRole.Trainable
            ? groups.Of(tensor.Name, Shape(tensor.Tensors))
            : ParameterGroup.Default)), weighted);
        groups.VerifyPatterns();
        if (Layout.Oversize is { } oversize)
        {
            throw Refused(oversize.Tensor.Name, $"{oversize.Problem}; use a smaller model");
        }

        var buffers = new List<ModelBuffer>();
        foreach (var (entry, all) in Layout.Tensors.Zip(tensors, (entry, tensor) => (entry, tensor.Tensors)))
        {
            switch (entry.Role)
            {
                case TensorRole.Trainable:
                    _trainable.Add((entry, all));
                    break;
                case TensorRole.Frozen:
                    _frozen.Add((entry, all));
                    break;
                default:
                    buffers.Add(new ModelBuffer(entry, all[0]));
                    break;
            }
        }

        Buffers = new ModelBuffers(buffers);
    }

    internal ParameterLayout Layout { get; }

    /// <summary>The module's buffers.</summary>
    internal ModelBuffers Buffers { get; }

    /// <summary>The values of parameters and buffers where they are now.</summary>
    internal ModuleValues Values() => new([.. _trainable.Select(pair => (pair.Entry, pair.Tensors[0]))], Buffers.All);

    /// <summary>Makes parameters and gradients views into blocks, but for the gradients that are collected.</summary>
    internal void Bind(ReplicaBlocks blocks)
    {
        _collected = blocks.ComputesInPlace
            ? new CollectedGradients(_trainable.Where(pair => pair.Tensors.Length == 1).Select(pair => (pair.Entry, pair.Tensors[0])), Layout)
            : CollectedGradients.None;
        Buffers.Bind(blocks, Layout);
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        foreach (var (entry, tensors) in _trainable)
        {
            var shape = entry.Shape.ToArray();
            foreach (var parameter in tensors)
            {
                parameter.set_(blocks.DeviceParameters.narrow(0, entry.Offset, entry.Count).view(shape));
                if (_collected.Contains(entry))
                {
                    parameter.grad = null;
                }
                else if (parameter.requires_grad)
                {
                    parameter.grad = blocks.DeviceGradients.narrow(0, entry.Offset, entry.Count).view(shape);
                }
            }
        }
    }

    /// <summary>Makes sure that autograd added to the views instead of replacing them.</summary>
    /// <exception cref="BadInputException">A gradient is elsewhere; names the parameter.</exception>
    internal void CheckGradients(ReplicaBlocks blocks)
    {
        foreach (var (entry, tensors) in _trainable.Where(pair => !_collected.Contains(pair.Entry)))
        {
            foreach (var parameter in tensors.Where(parameter => parameter.requires_grad))
            {
                using var gradient = parameter.grad;
                using var expected = blocks.DeviceGradients.narrow(0, entry.Offset, entry.Count);
                var inPlace = gradient is not null && !gradient.is_sparse
                    && (gradient.device_type != DeviceType.CPU || TensorValues.Address(gradient) == TensorValues.Address(expected));
                Require(inPlace, entry.Name, ForeignGradient);
            }
        }
    }

    /// <summary>Before Predict: makes the gradients zero that autograd adds to.</summary>
    /// <param name="blocks">The blocks.</param>
    /// <param name="whole">Whether to make all zero.</param>
    internal void BeginGradients(ReplicaBlocks blocks, bool whole)
    {
        if (whole || !blocks.ComputesInPlace)
        {
            blocks.Gradients.Clear();
        }
        else
        {
            _collected.ClearOthers(blocks.Gradients);
        }
    }

    /// <summary>Whether a parameter has a gradient that will be collected.</summary>
    internal bool HasGradient(TensorEntry entry) => _collected.HasGradient(entry);

    /// <summary>After the backward pass: puts the gradients into the block that autograd left elsewhere.</summary>
    /// <exception cref="BadInputException">One is sparse; names the parameter.</exception>
    internal void CollectGradients(ReplicaBlocks blocks)
    {
        if (_collected.CollectTo(blocks.Gradients) is { } foreign)
        {
            throw Refused(foreign.Name, ForeignGradient);
        }
    }

    internal float[] CopyFrozen()
    {
        var values = new float[Layout.FrozenLength];
        foreach (var (entry, tensors) in _frozen)
        {
            TensorValues.CopyTo(tensors[0], values.AsSpan((int)entry.Offset, (int)entry.Count));
        }

        return values;
    }

    internal void LoadFrozen(float[] values)
    {
        foreach (var (entry, tensors) in _frozen)
        {
            TensorValues.Assign<float>(tensors[0], values.AsSpan((int)entry.Offset, (int)entry.Count));
        }
    }

    /// <summary>Sets all values where the module has them now.</summary>
    /// <param name="vector">The flat vector of parameters and buffers.</param>
    /// <param name="frozen">The frozen parameters, in layout order.</param>
    internal void Load(ReadOnlySpan<float> vector, ReadOnlySpan<float> frozen)
    {
        foreach (var (entry, tensors) in _trainable.Concat(_frozen))
        {
            var values = entry.Role == TensorRole.Frozen ? frozen : vector;
            foreach (var tensor in tensors)
            {
                TensorValues.Assign(tensor, values.Slice((int)entry.Offset, (int)entry.Count));
            }
        }

        foreach (var buffer in Buffers.All)
        {
            buffer.Read(vector.Slice((int)buffer.Entry.Offset, buffer.Length));
        }
    }

    /// <summary>The module's tensors with their places.</summary>
    internal IEnumerable<(TensorEntry Entry, torch.Tensor Tensor)> All() =>
        _trainable.Concat(_frozen).Select(pair => (pair.Entry, pair.Tensors[0])).Concat(Buffers.All.Select(buffer => (buffer.Entry, buffer.Tensor)));

    /// <summary>A checksum of the values of each frozen parameter, in layout order.</summary>
    internal IEnumerable<(string Name, UInt128 Checksum)> FrozenChecksums() =>
        _frozen.Select(frozen => (frozen.Entry.Name, TensorValues.Checksum(frozen.Tensors[0])));

    /// <inheritdoc/>
    public void Dispose() => Buffers.Dispose();

    private static ImmutableArray<long> Shape(torch.Tensor[] tensors) => [.. tensors[0].shape];

    private void Require(bool condition, string name, string problem)
    {
        if (!condition)
        {
            throw Refused(name, problem);
        }
    }

    private BadInputException Refused(string name, string problem) => new($"task '{_task}': '{name}' {problem}");
}
