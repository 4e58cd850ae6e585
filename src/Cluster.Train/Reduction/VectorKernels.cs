using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cluster.Train.Reduction;

/// <summary>
/// Element-wise passes over native float32 memory. Each element's result depends on its operands alone, not on
/// where a pass begins, how it is cut or how wide the processor's vectors are.
/// </summary>
internal static unsafe class VectorKernels
{
    /// <summary>destination = left + right.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Add(float* destination, float* left, float* right, long count)
    {
        long i = 0;
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            (Vector256.Load(left + i) + Vector256.Load(right + i)).Store(destination + i);
        }

        for (; i < count; i++)
        {
            destination[i] = left[i] + right[i];
        }
    }

    /// <summary>
    /// destination = left + right, past the caches: where the destination is larger than they are, this saves reading
    /// the lines that are about to be overwritten.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void AddStreaming(float* destination, float* left, float* right, long count)
    {
        if (!Sse.IsSupported || (nint)destination % (Vector256<float>.Count * sizeof(float)) != 0)
        {
            Add(destination, left, right, count);
            return;
        }

        var whole = count - (count % Vector256<float>.Count);
        for (long i = 0; i < whole; i += Vector256<float>.Count)
        {
            (Vector256.Load(left + i) + Vector256.Load(right + i)).StoreAlignedNonTemporal(destination + i);
        }

        Add(destination + whole, left + whole, right + whole, count - whole);
        // Such stores are not ordered with later ones by themselves: whoever is told that the sum is there must see it.
        Sse.StoreFence();
    }

    /// <summary>destination = 0 + source: what a source gives that is added to zeros, whose -0 becomes 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void CopyOntoZeros(float* destination, float* source, long count)
    {
        long i = 0;
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            (Vector256<float>.Zero + Vector256.Load(source + i)).Store(destination + i);
        }

        for (; i < count; i++)
        {
            destination[i] = 0f + source[i];
        }
    }

    /// <summary>destination = source.</summary>
    internal static void Copy(float* destination, float* source, long count) =>
        Buffer.MemoryCopy(source, destination, count * sizeof(float), count * sizeof(float));

    /// <summary>destination = 0.</summary>
    internal static void Clear(float* destination, long count) => NativeMemory.Clear(destination, (nuint)count * sizeof(float));

    /// <summary>Whether no value is infinite or not a number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static bool AllFinite(ReadOnlySpan<float> values)
    {
        // Of the bits without the sign, those of infinity and above are no finite number.
        const int magnitude = 0x7FFFFFFF, infinity = 0x7F800000;
        var bits = MemoryMarshal.Cast<float, int>(values);
        var largest = Vector256<int>.Zero;
        while (bits.Length >= Vector256<int>.Count)
        {
            largest = Vector256.Max(largest, Vector256.Create(bits) & Vector256.Create(magnitude));
            bits = bits[Vector256<int>.Count..];
        }

        foreach (var value in bits)
        {
            largest = Vector256.Max(largest, Vector256.Create(value & magnitude));
        }

        return Vector256.LessThanAll(largest, Vector256.Create(infinity));
    }

    /// <summary>
    /// The sum of squares in double precision, in an order that depends on the count alone: four lanes, each over every
    /// fourth element, then (0+1)+(2+3).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static double SumOfSquares(float* values, int count)
    {
        var lanes = Vector256<double>.Zero;
        var i = 0;
        for (; i <= count - 4; i += 4)
        {
            var wide = Vector256.Create((double)values[i], values[i + 1], values[i + 2], values[i + 3]);
            lanes += wide * wide;
        }

        for (var lane = 0; i < count; i++, lane++)
        {
            lanes = lanes.WithElement(lane, lanes.GetElement(lane) + ((double)values[i] * values[i]));
        }

        return (lanes.GetElement(0) + lanes.GetElement(1)) + (lanes.GetElement(2) + lanes.GetElement(3));
    }
}
