using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Cluster.Train.Data;

/// <summary>
/// An IDX file of unsigned bytes, the format of MNIST and its relatives (http://yann.lecun.com/exdb/mnist/, "The IDX
/// file format"): two zero bytes, the element type, the number of dimensions, each dimension as a big-endian int32,
/// then the values, row-major. Read whole, gzip-compressed or not, whatever the file is called.
/// </summary>
public sealed class IdxFile
{
    private const byte UnsignedByte = 0x08;
    private const int FirstPiece = 1 << 20;

    private readonly byte[] _values;

    private IdxFile(string path, int[] dimensions, byte[] values)
    {
        (Path, Dimensions, _values) = (path, dimensions, values);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var dimension in dimensions)
        {
            hash.AppendData(BitConverter.GetBytes(dimension));
        }

        hash.AppendData(values);
        Sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The file it was read from.</summary>
    public string Path { get; }

    /// <summary>The dimensions, the number of items first: for MNIST's images [60000, 28, 28].</summary>
    public IReadOnlyList<int> Dimensions { get; }

    /// <summary>Number of items.</summary>
    public int Count => Dimensions[0];

    /// <summary>Values of one item.</summary>
    public int ItemLength => Count == 0 ? 0 : _values.Length / Count;

    /// <summary>SHA-256 of dimensions and values: the same for a file and its compressed form.</summary>
    public string Sha256 { get; }

    /// <summary>All values.</summary>
    public ReadOnlySpan<byte> Values => _values;

    /// <summary>The values of one item.</summary>
    public ReadOnlySpan<byte> Item(int item) => _values.AsSpan(checked(item * ItemLength), ItemLength);

    /// <summary>The file of a name, or of that name and ".gz", in a folder; null where there is neither.</summary>
    public static string? Find(string folder, string name)
    {
        var plain = System.IO.Path.Combine(folder, name);
        return File.Exists(plain) ? plain : File.Exists(plain + ".gz") ? plain + ".gz" : null;
    }

    /// <summary>Reads a file and checks that its header, its dimensions and its length agree.</summary>
    /// <param name="path">The file.</param>
    /// <param name="dimensions">How many dimensions it has to have: 3 for grey images, 1 for labels.</param>
    /// <exception cref="BadInputException">It is not there, not such a file, cut short or too long.</exception>
    public static IdxFile Read(string path, int dimensions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        return DataFile.Read(path, (content, _) => Read(path, dimensions, content));
    }

    private static IdxFile Read(string path, int dimensions, Stream content)
    {
        var header = new byte[4 + (4 * dimensions)];
        var read = content.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        if (read == 0)
        {
            throw new BadInputException($"'{path}' is empty; fetch it again");
        }

        if (read >= 2 && (header[0] != 0 || header[1] != 0))
        {
            throw new BadInputException($"'{path}' is no IDX file: it begins with 0x{header[0]:x2}{header[1]:x2}, not with 0x0000");
        }

        if (read < header.Length && (read < 4 || header[3] == dimensions))
        {
            throw new BadInputException(Invariant($"'{path}' is truncated: it ends after {read} bytes, within its header; fetch it again"));
        }

        if (header[2] != UnsignedByte)
        {
            throw new BadInputException($"'{path}' has elements of type 0x{header[2]:x2}; only 0x08, unsigned bytes, can be read");
        }

        if (header[3] != dimensions)
        {
            throw new BadInputException(Invariant($"'{path}' has {header[3]} dimensions, not {dimensions}: images have 3 (images, rows, columns), labels 1; are the two files mixed up?"));
        }

        var sizes = new int[dimensions];
        UInt128 expected = 1;
        for (var d = 0; d < dimensions; d++)
        {
            var size = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4 + (4 * d)));
            expected *= size;
            if (expected > (UInt128)Array.MaxLength)
            {
                throw new BadInputException(Invariant($"'{path}' says that its dimension {d + 1} of {dimensions} is {size}: more than {Array.MaxLength} values in all cannot be read; is the header damaged?"));
            }

            sizes[d] = (int)size;
        }

        return new IdxFile(path, sizes, ReadValues(path, content, (int)expected));
    }

    private static byte[] ReadValues(string path, Stream content, int expected)
    {
        // The buffer grows with what is really there: a damaged header must not take memory for what is not.
        var values = new byte[Math.Min(expected, FirstPiece)];
        var count = 0;
        while (true)
        {
            count += content.ReadAtLeast(values.AsSpan(count), values.Length - count, throwOnEndOfStream: false);
            if (count < values.Length)
            {
                throw new BadInputException(Invariant($"'{path}' is truncated: its header promises {expected} values, it holds {count}; fetch it again"));
            }

            if (count == expected)
            {
                break;
            }

            Array.Resize(ref values, (int)Math.Min(expected, 2L * values.Length));
        }

        return content.ReadByte() < 0
            ? values
            : throw new BadInputException(Invariant($"'{path}' has trailing bytes: its header promises {expected} values, and more follow; is the header damaged?"));
    }
}
