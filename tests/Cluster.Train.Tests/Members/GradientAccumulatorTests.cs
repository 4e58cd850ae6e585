using Cluster.Train.Members;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Members;

public sealed class GradientAccumulatorTests
{
    private const int Length = 1003;

    public static TheoryData<int, int, int> Ranges
    {
        get
        {
            var ranges = new TheoryData<int, int, int>();
            foreach (var shards in new[] { 1, 2, 3, 4, 7, 8, 13 })
            {
                for (var first = 0; first < shards; first++)
                {
                    for (var end = first + 1; end <= shards; end++)
                    {
                        ranges.Add(shards, first, end);
                    }
                }
            }

            return ranges;
        }
    }

    [Theory]
    [MemberData(nameof(Ranges))]
    public void Each_contribution_is_its_subtree_summed_in_tree_order(int shards, int first, int end)
    {
        var range = new ShardRange(first, end);
        var nodes = ShardTree.MaximalSubtrees(shards, range);
        var contributions = nodes.Select(_ => FloatBlock.Allocate(Length)).ToArray();
        using var accumulator = new GradientAccumulator(shards, range, contributions);

        // Twice: a second step must not see anything of the first.
        for (var step = 0; step < 2; step++)
        {
            for (var shard = first; shard < end; shard++)
            {
                Gradient(step, shard).CopyTo(accumulator.Gradient.Span(0, Length));
                accumulator.Finished(shard);
            }

            for (var node = 0; node < nodes.Count; node++)
            {
                Assert.Equal(Sum(step, nodes[node]), contributions[node].Span(0, Length).ToArray());
            }
        }
    }

    private static float[] Sum(int step, TreeNode node)
    {
        if (node.End - node.First == 1)
        {
            return Gradient(step, node.First);
        }

        var middle = ShardTree.Middle(node);
        return [.. Sum(step, node with { End = middle }).Zip(Sum(step, node with { First = middle }), (left, right) => left + right)];
    }

    private static float[] Gradient(int step, int shard)
    {
        var random = new Random((step * 100) + shard);
        return [.. Enumerable.Range(0, Length).Select(_ => (float)(random.NextDouble() - 0.5))];
    }
}
