namespace Cluster.Train.Reduction;

/// <summary>The factor of the whole gradient, from the totals of all norm blocks, which all owners have.</summary>
internal static class GradientScale
{
    /// <summary>Divides by the weights, where there are any, and clips.</summary>
    /// <param name="step">The step, for messages.</param>
    /// <param name="totals">Sums of squares of all norm blocks, in ascending order; where there are weights, the last one is their sum.</param>
    /// <param name="weighted">Whether there are.</param>
    /// <param name="clipNorm">Largest norm of the whole gradient; null for no clipping.</param>
    /// <exception cref="TrainingFaultException">The norm or the weights cannot be used.</exception>
    internal static float Of(long step, ReadOnlySpan<double> totals, bool weighted, float? clipNorm)
    {
        var mean = 1.0;
        if (weighted)
        {
            var weight = totals[^1];
            if (!(weight > 0 && double.IsFinite(weight)))
            {
                throw new TrainingFaultException(
                    Invariant($"the weights of step {step} sum up to {weight}, so its loss has no mean; Weight must be above 0 for some sample of each batch"));
            }

            mean = 1 / weight;
            totals = totals[..^1];
        }

        return clipNorm is { } largest ? (float)(mean * GradientNorm.ClipFactor(step, mean * GradientNorm.FromBlocks(totals), largest)) : (float)mean;
    }
}
