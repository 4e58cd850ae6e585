using Cluster.Train.Reduction;

namespace Cluster.Train.Exchange.Tcp;

/// <summary>
/// How a slice is cut for the pipeline: while one piece is summed, the next is on its way and the one before goes
/// out. Whole norm blocks; small enough for a second-level cache, large enough that system calls do not count.
/// </summary>
internal readonly record struct SlicePieces(VectorSlice Slice)
{
    private const int Length = 16 * SliceOwner.BlockLength;

    /// <summary>Number of pieces.</summary>
    internal int Count => (int)((Slice.Length + Length - 1) / Length);

    /// <summary>The longest piece.</summary>
    internal int Longest => (int)Math.Min(Length, Slice.Length);

    /// <summary>A piece.</summary>
    internal VectorSlice this[int index] =>
        new(Slice.Start + ((long)index * Length), Math.Min(Slice.End, Slice.Start + ((long)(index + 1) * Length)));
}
