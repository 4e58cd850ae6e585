using Cluster.Train.Reduction;

namespace Cluster.Train.Exchange.Tcp;

/// <summary>
/// How a slice is cut for the pipeline: while one piece is summed, the next is on its way and the one before goes
/// out. Whole norm blocks. Half a MiB was the fastest from 1 to 100 MiB: small pieces make the two sides wait for each other.
/// </summary>
internal readonly record struct SlicePieces(VectorSlice Slice)
{
    private const int Length = 32 * SliceOwner.BlockLength;

    /// <summary>Number of pieces.</summary>
    internal int Count => (int)((Slice.Length + Length - 1) / Length);

    /// <summary>The longest piece.</summary>
    internal int Longest => (int)Math.Min(Length, Slice.Length);

    /// <summary>A piece.</summary>
    internal VectorSlice this[int index] =>
        new(Slice.Start + ((long)index * Length), Math.Min(Slice.End, Slice.Start + ((long)(index + 1) * Length)));
}
