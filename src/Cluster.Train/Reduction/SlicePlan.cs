namespace Cluster.Train.Reduction;

/// <summary>How the flat vector is cut into slices.</summary>
internal static class SlicePlan
{
    /// <summary>
    /// Cuts at multiples of <see cref="SliceOwner.BlockLength"/>, so that a norm block has one owner and two owners
    /// never write one cache line. A vector of few blocks leaves the last owners with empty slices.
    /// </summary>
    /// <param name="length">Length of the vector.</param>
    /// <param name="owners">Number of slices.</param>
    public static IReadOnlyList<VectorSlice> Cut(long length, int owners)
    {
        var blocks = (length + SliceOwner.BlockLength - 1) / SliceOwner.BlockLength;
        return
        [
            .. Enumerable.Range(0, owners).Select(owner =>
            {
                var (start, count) = EvenSplit.Piece(blocks, owners, owner);
                return new VectorSlice(
                    Math.Min(length, start * SliceOwner.BlockLength), Math.Min(length, (start + count) * SliceOwner.BlockLength));
            }),
        ];
    }
}
