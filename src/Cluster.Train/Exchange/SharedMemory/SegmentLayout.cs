using Cluster.Train.Reduction;

namespace Cluster.Train.Exchange.SharedMemory;

/// <summary>
/// Where things lie in a member's segment, the same for all members: a nonce, and its contributions; in the segment of
/// rank 0 also what all share: the words at which they meet, the norms, the parameters.
/// </summary>
internal sealed class SegmentLayout
{
    /// <summary>Two cache lines: the processor fetches them in pairs.</summary>
    internal const int Line = 128;

    /// <summary>Length of the nonce at the start of a segment, in bytes.</summary>
    internal const int NonceLength = 32;

    /// <summary>Where the barrier's memory begins in the segment of rank 0.</summary>
    internal const int Barrier = Line;

    private const int PageLength = 4096;

    private readonly long _firstBlock;
    private readonly long _blockLength;

    private SegmentLayout(ExchangeRoster roster, int rank)
    {
        HoldsParameters = rank == 0;
        Contributions = ShardTree.MaximalSubtrees(roster.Shards, roster.Members[rank].Shards).Count;
        Norms = Barrier + SharedBarrier.Length(roster.Members.Length);
        _firstBlock = Pages(HoldsParameters ? Norms + ((long)roster.ToldNumbers * sizeof(double)) : NonceLength);
        // A line more, so that a block can be placed beside its boundary (see NativeEnvironment.BlockOffset).
        _blockLength = Pages((roster.VectorLength * sizeof(float)) + Line);
        Length = _firstBlock + ((Contributions + (HoldsParameters ? 1 : 0)) * _blockLength);
    }

    /// <summary>Whether the shared words, the norms and the parameters are in this segment.</summary>
    internal bool HoldsParameters { get; }

    /// <summary>Number of the member's contributions.</summary>
    internal int Contributions { get; }

    /// <summary>Where the sums of squares begin, in bytes.</summary>
    internal long Norms { get; }

    /// <summary>Length of the segment in bytes.</summary>
    internal long Length { get; }

    /// <summary>Where the parameters begin, in bytes.</summary>
    internal long Parameters => _firstBlock;

    /// <summary>The layout of one member's segment.</summary>
    internal static SegmentLayout Of(ExchangeRoster roster, int rank) => new(roster, rank);

    /// <summary>Where a contribution begins, in bytes.</summary>
    internal long Contribution(int index) => _firstBlock + ((index + (HoldsParameters ? 1 : 0)) * _blockLength);

    private static long Pages(long bytes) => (bytes + PageLength - 1) / PageLength * PageLength;
}
