using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Cluster.Train.Reduction;

/// <summary>
/// How float buffers of a model follow their shards: each shard contributes its change times its weight, the owner adds the
/// sum. A value that no shard changed keeps its bits so, whatever the weights. An infinite value cannot be changed by adding:
/// it counts as zero, and a shard contributes all of what it has, so that a range which starts at infinity becomes the
/// mean of what the shards found. The change of an integer's limb is exact. Pure.
/// </summary>
internal static unsafe class BufferChange
{
    /// <summary>values = (values − before) × weight; zero where nothing changed.</summary>
    internal static void Of(Span<float> values, ReadOnlySpan<float> before, float weight)
    {
        for (var index = 0; index < values.Length; index++)
        {
            var was = before[index];
            values[index] = float.IsInfinity(was) ? values[index] * weight
                : values[index].Equals(was) ? 0
                : (values[index] - was) * weight;
        }
    }

    /// <summary>buffers = buffers + changes, where an infinite value counts as zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Apply(float* buffers, float* changes, long count)
    {
        long i = 0;
        var infinity = Vector256.Create(float.PositiveInfinity);
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            var was = Vector256.Load(buffers + i);
            var finite = Vector256.AndNot(was, Vector256.Equals(Vector256.Abs(was), infinity));
            (finite + Vector256.Load(changes + i)).Store(buffers + i);
        }

        for (; i < count; i++)
        {
            buffers[i] = (float.IsInfinity(buffers[i]) ? 0 : buffers[i]) + changes[i];
        }
    }
}
