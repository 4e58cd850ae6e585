namespace Cluster.Train.Reduction;

/// <summary>
/// The fixed binary tree over shard numbers along which gradients are summed:
/// <c>sum(lo,hi) = sum(lo,mid) + sum(mid,hi)</c>, mid = lo + the largest power of two below hi−lo.
/// </summary>
public static class ShardTree
{
    /// <summary>The maximal nodes of the tree over <paramref name="shards"/> shards that lie inside a range, ascending.</summary>
    public static IReadOnlyList<TreeNode> MaximalSubtrees(int shards, ShardRange range) => throw new NotSupportedException();
}
