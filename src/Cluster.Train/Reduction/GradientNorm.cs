namespace Cluster.Train.Reduction;

/// <summary>The Euclidean norm of the whole gradient, summed in an order that does not depend on the slices.</summary>
internal static class GradientNorm
{
    /// <summary>
    /// The norm from the sums of squares of all norm blocks of the vector, in ascending order. They are added along
    /// the same kind of tree as the shards, so the result does not depend on who owns which block.
    /// </summary>
    public static double FromBlocks(ReadOnlySpan<double> blocks) => Math.Sqrt(Sum(blocks));

    /// <summary>
    /// The factor of all gradients, as in <c>torch.nn.utils.clip_grad_norm_</c>: max / (norm + 1e-6), at most 1.
    /// </summary>
    internal static float ClipFactor(double norm, float largest) => (float)Math.Min(1, largest / (norm + 1e-6));

    private static double Sum(ReadOnlySpan<double> blocks)
    {
        if (blocks.Length <= 1)
        {
            return blocks.IsEmpty ? 0 : blocks[0];
        }

        var middle = ShardTree.Middle(new TreeNode(0, blocks.Length));
        return Sum(blocks[..middle]) + Sum(blocks[middle..]);
    }
}
