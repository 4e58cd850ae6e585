using Cluster.Train.Checkpoints;
using Cluster.Train.Snapshots;
using Cluster.Train.Training;

namespace Cluster.Train.Running;

/// <summary>A job's state as a checkpoint's tensors, and back: by name, as PyTorch's state dictionaries have them.</summary>
internal static class CheckpointMapping
{
    /// <summary>What a checkpoint of a state holds.</summary>
    internal static CheckpointContent Content(CheckpointManifest manifest, ParameterLayout layout, CollectedState state)
    {
        var vector = FlatVector.Reader(state.Vector);
        var frozen = FlatVector.Reader(state.Frozen);
        var model = layout.Tensors.Select(tensor => tensor.Role switch
        {
            TensorRole.IntegerBuffer => CheckpointTensor.Int64(tensor.Name, tensor.Shape, Integers(state.Vector.Span, tensor)),
            TensorRole.Frozen => CheckpointTensor.FromFlat(Flat(tensor), frozen),
            _ => CheckpointTensor.FromFlat(Flat(tensor), vector),
        });
        var optimizer = state.Optimizer.SelectMany(part =>
            CheckpointTensor.FromFlat(Trainable(layout).Select(Flat), part.Reader, Prefix(part.Name)));
        return new CheckpointContent(manifest, [.. model], [.. optimizer]);
    }

    /// <summary>The first tensor in which a checkpoint and a model differ, in words; null where names, types and shapes agree.</summary>
    internal static string? Difference(IReadOnlyDictionary<string, SafeTensor> held, ParameterLayout layout)
    {
        foreach (var tensor in layout.Tensors)
        {
            if (!held.TryGetValue(tensor.Name, out var found))
            {
                return $"it has no '{tensor.Name}', which this job's model has";
            }

            var type = tensor.Role == TensorRole.IntegerBuffer ? TensorType.Int64 : TensorType.Float32;
            if (found.Type != type || !found.Shape.AsSpan().SequenceEqual(tensor.Shape.AsSpan()))
            {
                return $"its '{tensor.Name}' is {Text(found.Type, found.Shape)}, this job's {Text(type, tensor.Shape)}";
            }
        }

        var known = layout.Tensors.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        return held.Keys.Where(name => !known.Contains(name)).Order(StringComparer.Ordinal).FirstOrDefault() is { } surplus
            ? $"it has '{surplus}', which this job's model has not"
            : null;
    }

    private static string Text(TensorType type, IEnumerable<long> shape) => $"{(type == TensorType.Float32 ? "" : $"{type} ")}[{string.Join(", ", shape)}]";

    /// <summary>The state that a checkpoint holds.</summary>
    /// <param name="checkpoint">A checkpoint of this layout.</param>
    /// <param name="layout">The layout.</param>
    /// <param name="stateNames">The optimizer's state vectors, for example "momentum".</param>
    /// <exception cref="BadInputException">A tensor is missing or has another shape; names it.</exception>
    internal static TrainingState Read(LoadedCheckpoint checkpoint, ParameterLayout layout, IReadOnlyList<string> stateNames)
    {
        var vector = new float[layout.VectorLength];
        var frozen = new float[layout.FrozenLength];
        foreach (var tensor in layout.Tensors)
        {
            switch (tensor.Role)
            {
                case TensorRole.IntegerBuffer:
                    var integers = new long[tensor.Count];
                    checkpoint.Model.ReadInt64(tensor.Name, tensor.Shape.AsSpan(), integers);
                    IntegerLimbs.Encode(integers, Limbs(vector, tensor));
                    break;
                case TensorRole.Frozen:
                    checkpoint.Model.CopyTo(Flat(tensor), FlatVector.Writer(frozen));
                    break;
                default:
                    checkpoint.Model.CopyTo(Flat(tensor), FlatVector.Writer(vector));
                    break;
            }
        }

        var optimizer = new Dictionary<string, float[]>(StringComparer.Ordinal);
        foreach (var name in stateNames)
        {
            optimizer[name] = new float[layout.ParameterLength];
            checkpoint.Optimizer.CopyTo([.. Trainable(layout).Select(Flat)], FlatVector.Writer(optimizer[name]), Prefix(name));
        }

        return new TrainingState(checkpoint.Manifest.Step, vector, frozen, optimizer);
    }

    private static string Prefix(string state) => $"{state}.";

    private static IEnumerable<TensorEntry> Trainable(ParameterLayout layout) =>
        layout.Tensors.Where(tensor => tensor.Role == TensorRole.Trainable);

    private static FlatTensor Flat(TensorEntry tensor) => new(tensor.Name, tensor.Shape, tensor.Offset);

    private static long[] Integers(ReadOnlySpan<float> vector, TensorEntry tensor)
    {
        var integers = new long[tensor.Count];
        IntegerLimbs.Decode(vector.Slice((int)tensor.Offset, LimbCount(tensor)), integers);
        return integers;
    }

    private static Span<float> Limbs(float[] vector, TensorEntry tensor) => vector.AsSpan((int)tensor.Offset, LimbCount(tensor));

    private static int LimbCount(TensorEntry tensor) => (int)tensor.Count * ParameterLayout.LimbsPerInteger;
}
