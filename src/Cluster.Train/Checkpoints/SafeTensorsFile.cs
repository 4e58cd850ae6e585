using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Cluster.Train.Checkpoints;

/// <summary>
/// An open safetensors file whose header has been checked throughout. Values are read when asked for, straight to
/// where they belong. Reading is thread-safe.
/// </summary>
internal sealed class SafeTensorsFile : IDisposable
{
    private const int PieceLength = 64 * 1024;

    private readonly SafeFileHandle _handle;
    private readonly string _label;
    private readonly long _dataStart;
    private readonly SafeTensorsHeader _header;

    private SafeTensorsFile(SafeFileHandle handle, string label)
    {
        _handle = handle;
        _label = label;
        var length = RandomAccess.GetLength(handle);
        if (length < sizeof(ulong)) throw new BadInputException(Invariant($"{label} is cut ({length} bytes)"));
        Span<byte> prefix = stackalloc byte[sizeof(ulong)];
        ReadBytes(0, prefix);
        var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerLength > (ulong)SafeTensorsHeader.MaximumLength)
        {
            throw new BadInputException($"{label} is not a safetensors file: a header of {headerLength} bytes (at most {SafeTensorsHeader.MaximumLength})");
        }

        _dataStart = sizeof(ulong) + (long)headerLength;
        if (_dataStart > length) throw new BadInputException(Invariant($"{label} is cut ({length} bytes, the header alone has {_dataStart})"));
        var json = new byte[headerLength];
        ReadBytes(sizeof(ulong), json);
        _header = SafeTensorsHeader.Parse(label, json, length - _dataStart);
    }

    /// <summary>All tensors by name.</summary>
    public IReadOnlyDictionary<string, SafeTensor> Tensors => _header.Tensors;

    /// <summary>The texts of <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="BadInputException">The file is missing or cannot be read, or is not a whole safetensors file.</exception>
    public static SafeTensorsFile Open(string path)
    {
        SafeFileHandle handle;
        try
        {
            handle = File.OpenHandle(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{path} cannot be read: {exception.Message}", exception);
        }

        return Open(handle, path);
    }

    /// <summary>Checks the header of a file that is open already and takes the handle over.</summary>
    /// <param name="handle">The file; closed when this fails.</param>
    /// <param name="label">The file, as messages name it.</param>
    internal static SafeTensorsFile Open(SafeFileHandle handle, string label)
    {
        try
        {
            return new SafeTensorsFile(handle, label);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Reads the bytes of a tensor: its values, little-endian, in row-major order.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="type">The type it must have.</param>
    /// <param name="shape">The shape it must have.</param>
    /// <param name="destination">As long as the tensor.</param>
    /// <exception cref="BadInputException">There is no such tensor, or it has another type or shape.</exception>
    public void Read(string name, TensorType type, ReadOnlySpan<long> shape, Span<byte> destination)
    {
        var tensor = Expect(name, type, shape);
        if (destination.Length != tensor.ByteLength)
        {
            throw new ArgumentException(Invariant($"tensor '{name}' has {tensor.ByteLength} bytes, not {destination.Length}"), nameof(destination));
        }

        ReadBytes(_dataStart + tensor.Start, destination);
    }

    /// <summary>Reads an int64 tensor.</summary>
    /// <inheritdoc cref="Read"/>
    public void ReadInt64(string name, ReadOnlySpan<long> shape, Span<long> destination) =>
        Read(name, TensorType.Int64, shape, MemoryMarshal.AsBytes(destination));

    /// <summary>Copies a float32 tensor to its place in a flat vector, piece by piece.</summary>
    /// <param name="tensor">Name, shape and place.</param>
    /// <param name="writer">Writes into the vector.</param>
    /// <param name="prefix">Stands before the name in the file, for example <c>exp_avg.</c></param>
    /// <exception cref="BadInputException">There is no such tensor, or it has another type or shape.</exception>
    public void CopyTo(FlatTensor tensor, FlatWriter writer, string prefix = "")
    {
        var found = Expect(prefix + tensor.Name, TensorType.Float32, tensor.Shape.AsSpan());
        var count = found.ByteLength / sizeof(float);
        var buffer = ArrayPool<float>.Shared.Rent(PieceLength);
        try
        {
            for (long done = 0; done < count;)
            {
                var piece = buffer.AsSpan(0, (int)Math.Min(PieceLength, count - done));
                ReadBytes(_dataStart + found.Start + (done * sizeof(float)), MemoryMarshal.AsBytes(piece));
                writer(tensor.Offset + done, piece);
                done += piece.Length;
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(buffer);
        }
    }

    /// <summary>Copies float32 tensors to their places in a flat vector. All are checked before the first is copied.</summary>
    /// <inheritdoc cref="CopyTo(FlatTensor, FlatWriter, string)"/>
    public void CopyTo(IReadOnlyCollection<FlatTensor> tensors, FlatWriter writer, string prefix = "")
    {
        foreach (var tensor in tensors) Expect(prefix + tensor.Name, TensorType.Float32, tensor.Shape.AsSpan());
        foreach (var tensor in tensors) CopyTo(tensor, writer, prefix);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _handle.Dispose();

    private SafeTensor Expect(string name, TensorType type, ReadOnlySpan<long> shape)
    {
        if (!Tensors.TryGetValue(name, out var tensor)) throw new BadInputException($"{_label} has no tensor '{name}'");
        return tensor.Type == type && tensor.Shape.AsSpan().SequenceEqual(shape)
            ? tensor
            : throw new BadInputException(
                $"{_label} has tensor '{name}' as {tensor.Type.Code()} [{string.Join(", ", tensor.Shape)}]; the model needs {type.Code()} [{string.Join(", ", shape.ToArray())}]");
    }

    private void ReadBytes(long position, Span<byte> destination)
    {
        try
        {
            while (!destination.IsEmpty)
            {
                var count = RandomAccess.Read(_handle, destination, position);
                if (count == 0) throw new BadInputException($"{_label} was cut while it was read");
                destination = destination[count..];
                position += count;
            }
        }
        catch (IOException exception)
        {
            throw new BadInputException($"{_label} cannot be read: {exception.Message}", exception);
        }
    }
}
