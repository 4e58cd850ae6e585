namespace Cluster.Train.Reduction;

/// <summary>The shards [First, End) of a global batch that one member computes. May be empty.</summary>
/// <param name="First">The first shard.</param>
/// <param name="End">One past the last shard.</param>
internal readonly record struct ShardRange(int First, int End)
{
    /// <summary>Number of shards.</summary>
    public int Count => End - First;
}

/// <summary>A node of the shard tree: the sum of the gradients of shards [First, End).</summary>
/// <param name="First">The first shard.</param>
/// <param name="End">One past the last shard.</param>
internal readonly record struct TreeNode(int First, int End);

/// <summary>The positions [Start, End) of the flat vector that one member owns. May be empty.</summary>
/// <param name="Start">The first position.</param>
/// <param name="End">One past the last position.</param>
internal readonly record struct VectorSlice(long Start, long End)
{
    /// <summary>Number of positions.</summary>
    public long Length => End - Start;
}
