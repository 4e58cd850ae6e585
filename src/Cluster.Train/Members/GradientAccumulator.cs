using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Members;

/// <summary>
/// Sums a worker's shards to the partial sums that it contributes, in tree order, while they are computed one after the
/// other. Each is written to one gradient block; what must wait for its right neighbour is copied to a block of its depth.
/// With one shard the gradient block is the contribution itself, and nothing is copied at all.
/// </summary>
internal sealed class GradientAccumulator : IDisposable
{
    private readonly IReadOnlyList<FloatBlock> _contributions;
    private readonly IReadOnlyList<TreeNode> _nodes;
    private readonly List<FloatBlock> _waiting = [];
    private readonly bool _direct;

    internal GradientAccumulator(int jobShards, ShardRange shards, IReadOnlyList<FloatBlock> contributions)
    {
        _contributions = contributions;
        _nodes = ShardTree.MaximalSubtrees(jobShards, shards);
        _direct = shards.Count == 1;
        Gradient = _direct ? contributions[0] : contributions[0].AllocateAlike();
        var depth = _nodes.Max(node => Depth(node));
        for (var level = 0; level < depth - 1; level++)
        {
            _waiting.Add(contributions[0].AllocateAlike());
        }
    }

    /// <summary>Where the gradient of the next shard is to be written, the whole block.</summary>
    internal FloatBlock Gradient { get; }

    /// <summary>Takes the gradient of a shard, which were computed in ascending order.</summary>
    internal void Finished(int shard)
    {
        if (_direct)
        {
            return;
        }

        var index = 0;
        while (_nodes[index].End <= shard)
        {
            index++;
        }

        Store(_nodes[index], shard, _contributions[index], level: 0);
    }

    public void Dispose()
    {
        foreach (var block in _waiting)
        {
            block.Dispose();
        }

        if (!_direct)
        {
            Gradient.Dispose();
        }
    }

    private static int Depth(TreeNode node) => node.End - node.First == 1
        ? 0
        : 1 + Math.Max(Depth(node with { End = ShardTree.Middle(node) }), Depth(node with { First = ShardTree.Middle(node) }));

    /// <summary>
    /// Puts the shard's gradient to its place in a node's sum, which ends in <paramref name="destination"/>. The left
    /// half is summed there directly; the right half in this level's waiting block, and then added.
    /// </summary>
    private void Store(TreeNode node, int shard, FloatBlock destination, int level)
    {
        if (node.End - node.First == 1)
        {
            Gradient.CopyTo(destination);
            return;
        }

        var middle = ShardTree.Middle(node);
        if (shard < middle)
        {
            Store(node with { End = middle }, shard, destination, level + 1);
        }
        else if (node.End - middle == 1)
        {
            destination.Add(Gradient);
        }
        else
        {
            var right = _waiting[level];
            Store(node with { First = middle }, shard, right, level + 1);
            if (shard == node.End - 1)
            {
                destination.Add(right);
            }
        }
    }
}
