namespace Cluster.Train.Training;

/// <summary>
/// Integers as four limbs of 16 bits, each a float32 that is exact: where one shard contributes the limbs' changes and
/// all others zeros, adding the sum over shards gives the new integer.
/// </summary>
internal static class IntegerLimbs
{
    /// <summary>Writes integers.</summary>
    internal static void Encode(ReadOnlySpan<long> integers, Span<float> limbs)
    {
        for (var index = 0; index < limbs.Length; index++)
        {
            limbs[index] = (ushort)(integers[index / ParameterLayout.LimbsPerInteger] >> (16 * (index % ParameterLayout.LimbsPerInteger)));
        }
    }

    /// <summary>Reads integers.</summary>
    internal static void Decode(ReadOnlySpan<float> limbs, Span<long> integers)
    {
        integers.Clear();
        for (var index = 0; index < limbs.Length; index++)
        {
            integers[index / ParameterLayout.LimbsPerInteger] |= (long)limbs[index] << (16 * (index % ParameterLayout.LimbsPerInteger));
        }
    }
}
