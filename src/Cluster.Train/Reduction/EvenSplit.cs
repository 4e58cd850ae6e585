namespace Cluster.Train.Reduction;

/// <summary>Contiguous pieces whose sizes differ by at most one, the larger ones first.</summary>
internal static class EvenSplit
{
    /// <summary>Where a piece lies.</summary>
    /// <param name="total">What is divided.</param>
    /// <param name="parts">Into how many pieces; at least 1.</param>
    /// <param name="part">The piece, in [0, parts).</param>
    public static (long Start, long Length) Piece(long total, long parts, long part)
    {
        var (size, larger) = Math.DivRem(total, parts);
        return ((part * size) + Math.Min(part, larger), part < larger ? size + 1 : size);
    }

    /// <summary>Shards dealt to workers.</summary>
    public static IReadOnlyList<ShardRange> Ranges(int shards, int workers) =>
    [
        .. Enumerable.Range(0, workers).Select(worker =>
        {
            var (start, length) = Piece(shards, workers, worker);
            return new ShardRange((int)start, (int)(start + length));
        }),
    ];
}
