using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Cluster.Train.Training;

/// <summary>The proof that parameters are the same bits.</summary>
internal static class ParametersHash
{
    /// <summary>SHA-256 over the little-endian float32 parameters in layout order, in lower-case hexadecimal.</summary>
    /// <param name="layout">Names the order.</param>
    /// <param name="vector">A piece of the flat vector, by its start and length.</param>
    /// <param name="frozen">The frozen parameters.</param>
    internal static string Sha256(ParameterLayout layout, PieceOf vector, ReadOnlySpan<float> frozen)
    {
        const int chunk = 1 << 20;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var tensor in layout.Parameters)
        {
            for (long start = 0; start < tensor.Count; start += chunk)
            {
                var (from, length) = (tensor.Offset + start, (int)Math.Min(chunk, tensor.Count - start));
                hash.AppendData(MemoryMarshal.AsBytes(tensor.Role == TensorRole.Frozen ? frozen.Slice((int)from, length) : vector(from, length)));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

/// <summary>A piece of a flat vector.</summary>
/// <param name="start">Its start.</param>
/// <param name="length">Its length.</param>
internal delegate ReadOnlySpan<float> PieceOf(long start, int length);
