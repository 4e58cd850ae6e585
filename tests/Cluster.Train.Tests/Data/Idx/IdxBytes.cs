using System.Buffers.Binary;
using System.IO.Compression;

namespace Cluster.Train.Tests.Data.Idx;

/// <summary>Makes IDX files, good and bad.</summary>
internal static class IdxBytes
{
    /// <summary>The file of these dimensions and values.</summary>
    internal static byte[] Of(int[] dimensions, params byte[] values)
    {
        var bytes = new byte[4 + (4 * dimensions.Length) + values.Length];
        (bytes[2], bytes[3]) = (0x08, (byte)dimensions.Length);
        for (var d = 0; d < dimensions.Length; d++)
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 + (4 * d)), dimensions[d]);
        }

        values.CopyTo(bytes, 4 + (4 * dimensions.Length));
        return bytes;
    }

    /// <summary>A pair of MNIST's shape: image n is filled with n, label n is n mod 10.</summary>
    internal static (byte[] Images, byte[] Labels) Digits(int count, int side = 28) =>
        (Of([count, side, side], [.. Enumerable.Range(0, count).SelectMany(n => Enumerable.Repeat((byte)n, side * side))]),
         Of([count], [.. Enumerable.Range(0, count).Select(n => (byte)(n % 10))]));

    /// <summary>Compressed.</summary>
    internal static byte[] Gzip(byte[] bytes)
    {
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return memory.ToArray();
    }
}
