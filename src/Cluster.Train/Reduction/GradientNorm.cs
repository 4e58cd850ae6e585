namespace Cluster.Train.Reduction;

/// <summary>The Euclidean norm of the whole gradient, summed in an order that does not depend on the slices.</summary>
public static class GradientNorm
{
    /// <summary>The norm from the sums of squares of all norm blocks of the vector, in ascending order.</summary>
    public static double FromBlocks(ReadOnlySpan<double> blocks) => throw new NotSupportedException();
}
