namespace Cluster.Train.Reduction;

/// <summary>The shards [First, End) of a global batch that one member computes. May be empty.</summary>
/// <param name="First">The first shard.</param>
/// <param name="End">One past the last shard.</param>
internal readonly record struct ShardRange(int First, int End)
{
    /// <summary>Number of shards.</summary>
    public int Count => End - First;
}
