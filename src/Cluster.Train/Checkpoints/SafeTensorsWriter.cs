using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;

namespace Cluster.Train.Checkpoints;

/// <summary>What was written to a file.</summary>
/// <param name="Length">Its bytes.</param>
/// <param name="Sha256">SHA-256 of them, in lower-case hexadecimal.</param>
internal readonly record struct FileDigest(long Length, string Sha256);

/// <summary>
/// Writes the safetensors format (https://github.com/huggingface/safetensors#format): the length of the header as
/// 8 little-endian bytes, the header as JSON padded with blanks, so that the values start at a multiple of 8 bytes,
/// and the values without gaps. Wider elements come first, so that every tensor is aligned; among equals the given
/// order holds.
/// </summary>
internal static class SafeTensorsWriter
{
    private const int HeaderAlignment = 8;

    /// <summary>Writes a file.</summary>
    /// <param name="stream">Where it goes; is neither flushed nor closed.</param>
    /// <param name="tensors">The tensors, of different names.</param>
    /// <param name="metadata">The texts of the header's <c>__metadata__</c>.</param>
    /// <exception cref="ArgumentException">Two tensors have one name, or the header would be longer than readers take.</exception>
    /// <exception cref="InvalidOperationException">A tensor's callback wrote more or fewer bytes than its shape has.</exception>
    public static FileDigest Write(Stream stream, IEnumerable<CheckpointTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        CheckpointTensor[] ordered = [.. tensors.OrderByDescending(tensor => tensor.Type.Size())];
        using var hashing = new HashingStream(stream);
        hashing.Write(Header(ordered, metadata));
        foreach (var tensor in ordered)
        {
            var start = hashing.Position;
            tensor.WriteTo(hashing);
            if (hashing.Position - start != tensor.ByteLength)
            {
                throw new InvalidOperationException(
                    Invariant($"tensor '{tensor.Name}' wrote {hashing.Position - start} bytes; its shape has {tensor.ByteLength}"));
            }
        }

        return new FileDigest(hashing.Length, hashing.Sha256);
    }

    private static byte[] Header(CheckpointTensor[] tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata.Count > 0) WriteMetadata(json, metadata);
            var names = new HashSet<string>();
            long offset = 0;
            foreach (var tensor in tensors)
            {
                if (!names.Add(tensor.Name)) throw new ArgumentException($"two tensors are named '{tensor.Name}'", nameof(tensors));
                WriteEntry(json, tensor, offset);
                offset = checked(offset + tensor.ByteLength);
            }

            json.WriteEndObject();
        }

        var length = (buffer.WrittenCount + HeaderAlignment - 1) / HeaderAlignment * HeaderAlignment;
        if (length > SafeTensorsHeader.MaximumLength) throw new ArgumentException(Invariant($"a header of {length} bytes is longer than readers take"), nameof(tensors));
        var header = new byte[sizeof(ulong) + length];
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)length);
        buffer.WrittenSpan.CopyTo(header.AsSpan(sizeof(ulong)));
        header.AsSpan(sizeof(ulong) + buffer.WrittenCount).Fill((byte)' ');
        return header;
    }

    private static void WriteMetadata(Utf8JsonWriter json, IReadOnlyDictionary<string, string> metadata)
    {
        json.WriteStartObject(SafeTensorsHeader.MetadataName);
        foreach (var (name, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
    }

    private static void WriteEntry(Utf8JsonWriter json, CheckpointTensor tensor, long offset)
    {
        json.WriteStartObject(tensor.Name);
        json.WriteString("dtype", tensor.Type.Code());
        json.WriteStartArray("shape");
        foreach (var dimension in tensor.Shape) json.WriteNumberValue(dimension);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(offset);
        json.WriteNumberValue(offset + tensor.ByteLength);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
