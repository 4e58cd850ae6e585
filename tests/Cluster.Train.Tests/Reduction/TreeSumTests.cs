using Cluster.Train.Reduction;
using CsCheck;

namespace Cluster.Train.Tests.Reduction;

public sealed unsafe class TreeSumTests
{
    /// <summary>Shards, and where their range is cut into members: a set of cut points.</summary>
    private static readonly Gen<(int Shards, int[] Cuts, int Seed)> s_trees =
        Gen.Int[1, 40].SelectMany(shards => Gen.Select(
            Gen.Const(shards), Gen.Int[0, shards].Array[0, 8], Gen.Int));

    [Fact]
    public void Contributions_of_any_members_add_up_as_the_recursive_sum_does() =>
        s_trees.Sample(
            tree =>
            {
                const int length = 21;
                float[][] shards = [.. Enumerable.Range(0, tree.Shards).Select(shard => Values(tree.Seed, shard, length))];
                TreeNode[] nodes = [.. Members(tree.Shards, tree.Cuts).SelectMany(range => ShardTree.MaximalSubtrees(tree.Shards, range))];
                var inputs = nodes.Select(node => Naive(shards, node)).ToArray();

                return Naive(shards, new TreeNode(0, tree.Shards)).AsSpan().SequenceEqual(Compiled(tree.Shards, nodes, inputs, length));
            },
            iter: 2000, print: tree => $"{tree.Shards} shards cut at {string.Join(", ", tree.Cuts)}, seed {tree.Seed}");

    [Fact]
    public void A_tree_is_divided_at_the_largest_power_of_two_below_its_size()
    {
        Assert.Equal([1, 2, 2, 4, 4, 4, 4, 8], Enumerable.Range(2, 8).Select(size => ShardTree.Middle(new TreeNode(0, size))));
        Assert.Equal(3 + 4, ShardTree.Middle(new TreeNode(3, 9)));
        Assert.Throws<ArgumentOutOfRangeException>(() => ShardTree.Middle(new TreeNode(3, 4)));
    }

    [Fact]
    public void Maximal_subtrees_cover_a_range_exactly_and_no_two_of_them_make_a_larger_one() =>
        s_trees.Sample(
            tree =>
            {
                foreach (var range in Members(tree.Shards, tree.Cuts))
                {
                    var nodes = ShardTree.MaximalSubtrees(tree.Shards, range);
                    var end = range.First;
                    foreach (var node in nodes)
                    {
                        Assert.Equal(end, node.First);
                        end = node.End;
                    }

                    Assert.Equal(range.End, end);
                    var all = AllNodes(new TreeNode(0, tree.Shards)).ToHashSet();
                    Assert.All(nodes, node => Assert.Contains(node, all));
                    Assert.DoesNotContain(nodes.Zip(nodes.Skip(1)), pair => all.Contains(new TreeNode(pair.First.First, pair.Second.End)));
                }
            },
            iter: 500, print: tree => $"{tree.Shards} shards cut at {string.Join(", ", tree.Cuts)}");

    [Theory]
    [InlineData(4, "0-2 2-3", "nobody contributes shard 3")]
    [InlineData(4, "0-4 0-2", "2 nodes are contributed, 1 of them are needed")]
    [InlineData(4, "0-1 1-3 3-4", "nobody contributes shard 1")]
    public void Contributions_that_are_no_partition_into_nodes_are_refused(int shards, string nodes, string reason)
    {
        var inputs = nodes.Split(' ').Select(node => node.Split('-')).Select(ends => new TreeNode(int.Parse(ends[0]), int.Parse(ends[1])));

        Assert.Contains(reason, Assert.Throws<ArgumentException>(() => new TreeSum(shards, [.. inputs])).Message, StringComparison.Ordinal);
    }

    internal static float[] Naive(float[][] shards, TreeNode node)
    {
        if (node.End - node.First == 1)
        {
            return shards[node.First];
        }

        var middle = ShardTree.Middle(node);
        return [.. Naive(shards, node with { End = middle }).Zip(Naive(shards, node with { First = middle }), (left, right) => left + right)];
    }

    /// <summary>Values of very different size, so that another order of summation gives other bits.</summary>
    internal static float[] Values(int seed, int stream, int length)
    {
        var random = new Random(HashCode.Combine(seed, stream));
        return [.. Enumerable.Range(0, length).Select(_ => (float)((random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-4, 4))))];
    }

    internal static ShardRange[] Members(int shards, int[] cuts)
    {
        int[] ends = [0, .. cuts.Order(), shards];
        return [.. ends.Zip(ends.Skip(1), (first, end) => new ShardRange(first, end))];
    }

    private static IEnumerable<TreeNode> AllNodes(TreeNode node) => node.End - node.First == 1
        ? [node]
        : [node, .. AllNodes(node with { End = ShardTree.Middle(node) }), .. AllNodes(node with { First = ShardTree.Middle(node) })];

    private static float[] Compiled(int shards, TreeNode[] nodes, float[][] inputs, int length)
    {
        var tree = new TreeSum(shards, nodes);
        var pinned = inputs.Select(input =>
        {
            var copy = GC.AllocateArray<float>(length, pinned: true);
            input.CopyTo(copy, 0);
            return copy;
        }).ToArray();
        nint[] addresses = [.. pinned.Select(copy => (nint)System.Runtime.CompilerServices.Unsafe.AsPointer(ref copy[0]))];
        var scratch = GC.AllocateArray<float>(Math.Max(1, tree.Rows) * 8, pinned: true);
        var result = new float[length];
        for (var offset = 0; offset < length; offset += 8)
        {
            var count = Math.Min(8, length - offset);
            var sum = tree.Sum(addresses, offset, count, (float*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref scratch[0]), 8);
            new Span<float>(sum, count).CopyTo(result.AsSpan(offset));
        }

        GC.KeepAlive(pinned);
        return result;
    }
}
