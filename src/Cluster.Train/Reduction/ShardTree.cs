using System.Numerics;

namespace Cluster.Train.Reduction;

/// <summary>
/// The fixed binary tree over shard numbers along which gradients are summed:
/// <c>sum(lo,hi) = sum(lo,mid) + sum(mid,hi)</c>, mid = lo + the largest power of two below hi−lo.
/// </summary>
internal static class ShardTree
{
    /// <summary>Where a node of at least two shards is divided.</summary>
    public static int Middle(TreeNode node)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(node.End - node.First, 2);
        return node.First + (1 << BitOperations.Log2((uint)(node.End - node.First - 1)));
    }

    /// <summary>The maximal nodes of the tree over <paramref name="shards"/> shards that lie inside a range, ascending.</summary>
    public static IReadOnlyList<TreeNode> MaximalSubtrees(int shards, ShardRange range)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shards, 1);
        if (range.First < 0 || range.End < range.First || range.End > shards)
        {
            throw new ArgumentOutOfRangeException(nameof(range), Invariant($"shards [{range.First}, {range.End}) are not among [0, {shards})"));
        }

        var nodes = new List<TreeNode>();
        Collect(new TreeNode(0, shards), range, nodes);
        return nodes;
    }

    private static void Collect(TreeNode node, ShardRange range, List<TreeNode> nodes)
    {
        if (node.First >= range.End || node.End <= range.First)
        {
            return;
        }

        if (node.First >= range.First && node.End <= range.End)
        {
            nodes.Add(node);
            return;
        }

        var middle = Middle(node);
        Collect(node with { End = middle }, range, nodes);
        Collect(node with { First = middle }, range, nodes);
    }
}
