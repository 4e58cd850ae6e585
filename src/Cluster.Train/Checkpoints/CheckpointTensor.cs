using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Cluster.Train.Checkpoints;

/// <summary>
/// A tensor to be written: its description, and where its values come from. The values are read when the file is
/// written, piece by piece, so a large model is not held twice; whoever gives them leaves them unchanged until then.
/// </summary>
internal sealed class CheckpointTensor
{
    private const int PieceLength = 64 * 1024;

    private readonly Action<Stream> _write;

    /// <summary>Describes a tensor whose values a callback writes.</summary>
    /// <param name="name">Its name, unique in the file; not <c>__metadata__</c>, which the format reserves.</param>
    /// <param name="type">Its element type.</param>
    /// <param name="shape">Its dimensions; empty for a scalar.</param>
    /// <param name="write">Writes exactly <see cref="ByteLength"/> bytes: the values, little-endian, in row-major order.</param>
    /// <exception cref="ArgumentException">The name is reserved, or the shape is not one.</exception>
    public CheckpointTensor(string name, TensorType type, ImmutableArray<long> shape, Action<Stream> write)
    {
        if (name == SafeTensorsHeader.MetadataName) throw new ArgumentException($"the name '{name}' is reserved by the format", nameof(name));
        Name = name;
        Type = type;
        Shape = shape;
        ByteLength = type.ByteLength(shape.AsSpan())
            ?? throw new ArgumentException($"tensor '{name}' cannot have the shape [{string.Join(", ", shape)}]", nameof(shape));
        _write = write;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its element type.</summary>
    public TensorType Type { get; }

    /// <summary>Its dimensions; empty for a scalar.</summary>
    public ImmutableArray<long> Shape { get; }

    /// <summary>Bytes of all its values.</summary>
    public long ByteLength { get; }

    /// <summary>A float32 tensor of values in one piece of memory.</summary>
    public static CheckpointTensor Float32(string name, ImmutableArray<long> shape, ReadOnlyMemory<float> values) =>
        new(name, TensorType.Float32, shape, stream => stream.Write(MemoryMarshal.AsBytes(values.Span)));

    /// <summary>An int64 tensor of values in one piece of memory.</summary>
    public static CheckpointTensor Int64(string name, ImmutableArray<long> shape, ReadOnlyMemory<long> values) =>
        new(name, TensorType.Int64, shape, stream => stream.Write(MemoryMarshal.AsBytes(values.Span)));

    /// <summary>A float32 tensor that lies in a flat vector.</summary>
    /// <param name="tensor">Where it lies.</param>
    /// <param name="reader">Reads the vector; called on the thread that writes the file.</param>
    /// <param name="prefix">Is put before the name, for example <c>exp_avg.</c></param>
    public static CheckpointTensor FromFlat(FlatTensor tensor, FlatReader reader, string prefix = "") =>
        new(prefix + tensor.Name, TensorType.Float32, tensor.Shape, stream => Copy(tensor, reader, stream));

    /// <summary>Float32 tensors that lie in a flat vector.</summary>
    /// <inheritdoc cref="FromFlat(FlatTensor, FlatReader, string)"/>
    public static IEnumerable<CheckpointTensor> FromFlat(IEnumerable<FlatTensor> tensors, FlatReader reader, string prefix = "") =>
        tensors.Select(tensor => FromFlat(tensor, reader, prefix));

    internal void WriteTo(Stream stream) => _write(stream);

    private static void Copy(FlatTensor tensor, FlatReader reader, Stream stream)
    {
        var buffer = ArrayPool<float>.Shared.Rent(PieceLength);
        try
        {
            for (long done = 0, count = tensor.Count; done < count;)
            {
                var piece = buffer.AsSpan(0, (int)Math.Min(PieceLength, count - done));
                reader(tensor.Offset + done, piece);
                stream.Write(MemoryMarshal.AsBytes(piece));
                done += piece.Length;
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(buffer);
        }
    }
}
