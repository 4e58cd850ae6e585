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
    /// <exception cref="TrainingFaultException">The norm is not finite.</exception>
    internal static float ClipFactor(long step, double norm, float largest) => double.IsFinite(norm)
        ? (float)Math.Min(1, largest / (norm + 1e-6))
        // Each shard's gradient was looked at where it was computed: it is their sum that is too large.
        : throw new TrainingFaultException(
            Invariant($"the norm of the gradient is not finite at step {step}, though each shard's gradient is: their sum is beyond float32; scale the loss down or check the data"));

    /// <summary>
    /// The sum of squares of one norm block, along the tree of its halves: x[i]² + x[i + 2048]², then the first half of those
    /// and the second, down to one. What is missing in a block counts as zero.
    /// </summary>
    /// <param name="values">At most <see cref="SliceOwner.BlockLength"/> values.</param>
    internal static double SumOfSquaresByHalves(ReadOnlySpan<float> values)
    {
        Span<double> squares = stackalloc double[SliceOwner.BlockLength];
        squares[values.Length..].Clear();
        for (var index = 0; index < values.Length; index++)
        {
            squares[index] = (double)values[index] * values[index];
        }

        for (var half = SliceOwner.BlockLength / 2; half > 0; half /= 2)
        {
            for (var index = 0; index < half; index++)
            {
                squares[index] += squares[half + index];
            }
        }

        return squares[0];
    }

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
