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
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var tensor in layout.Parameters)
        {
            if (tensor.Role == TensorRole.Frozen)
            {
                hash.AppendData(MemoryMarshal.AsBytes(frozen.Slice((int)tensor.Offset, (int)tensor.Count)));
                continue;
            }

            const int chunk = 1 << 20;
            for (long start = 0; start < tensor.Count; start += chunk)
            {
                hash.AppendData(MemoryMarshal.AsBytes(vector(tensor.Offset + start, (int)Math.Min(chunk, tensor.Count - start))));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

/// <summary>A piece of a flat vector.</summary>
/// <param name="start">Its start.</param>
/// <param name="length">Its length.</param>
internal delegate ReadOnlySpan<float> PieceOf(long start, int length);
