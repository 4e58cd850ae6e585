using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Cluster.Train.Training;

/// <summary>A tensor of a model, and a checksum of the values that it starts from.</summary>
/// <param name="Entry">The tensor.</param>
/// <param name="Checksum">XXH128 of its values, its low 64 bits.</param>
internal sealed record InitialTensor(TensorEntry Entry, long Checksum);

/// <summary>Some of a model's tensors, in order: of thousands, not all fit one message.</summary>
/// <param name="First">Number of the first one here.</param>
/// <param name="Total">How many the model has.</param>
/// <param name="Tensors">These.</param>
internal sealed record TensorPage(int First, int Total, ImmutableArray<InitialTensor> Tensors);

/// <summary>
/// All that a replica's first step starts from, as CreateModel made it: parameters, frozen ones included, and buffers. Two
/// replicas of a job must agree on every bit of it.
/// </summary>
/// <param name="tensors">The tensors in layout order.</param>
internal sealed class InitialState(ImmutableArray<InitialTensor> tensors)
{
    /// <summary>Bytes of a page: with what surrounds it, below the 85,000 from which on .NET copies on the large-object heap.</summary>
    internal const int PageBytes = 48_000;

    /// <summary>The tensors in layout order.</summary>
    internal ImmutableArray<InitialTensor> Tensors => tensors;

    /// <summary>SHA-256 over the checksums in layout order, in lower-case hexadecimal. Names and shapes are the layout's matter.</summary>
    internal string Hash { get; } = Digest(tensors);

    /// <summary>Describes a replica.</summary>
    /// <param name="layout">Its tensors.</param>
    /// <param name="vector">Reads the flat vector, a tensor at a time.</param>
    /// <param name="frozen">The frozen parameters.</param>
    internal static InitialState Of(ParameterLayout layout, PieceOf vector, ReadOnlySpan<float> frozen)
    {
        var tensors = ImmutableArray.CreateBuilder<InitialTensor>(layout.Tensors.Length);
        foreach (var entry in layout.Tensors)
        {
            var length = (int)entry.Count * (entry.Role == TensorRole.IntegerBuffer ? ParameterLayout.LimbsPerInteger : 1);
            var values = entry.Role == TensorRole.Frozen ? frozen.Slice((int)entry.Offset, length) : vector(entry.Offset, length);
            tensors.Add(new InitialTensor(entry, (long)(ulong)TensorValues.Checksum(values)));
        }

        return new InitialState(tensors.MoveToImmutable());
    }

    /// <summary>As many tensors as fit a page, from one on; at least that one.</summary>
    /// <param name="first">Its number.</param>
    internal TensorPage Page(int first)
    {
        var (end, bytes) = (first, 0);
        while (end < tensors.Length && (end == first || bytes + SizeOf(tensors[end]) <= PageBytes))
        {
            bytes += SizeOf(tensors[end++]);
        }

        return new TensorPage(first, tensors.Length, tensors[first..end]);
    }

    /// <summary>Bytes on the wire, or a few more.</summary>
    private static int SizeOf(InitialTensor tensor) => Encoding.UTF8.GetByteCount(tensor.Entry.Name) + (9 * tensor.Entry.Shape.Length) + 36;

    private static string Digest(ImmutableArray<InitialTensor> tensors)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        foreach (var tensor in tensors)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes, tensor.Checksum);
            hash.AppendData(bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
