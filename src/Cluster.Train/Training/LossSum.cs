namespace Cluster.Train.Training;

/// <summary>Losses of the shards of a step put together in ascending order, which decides the bits of what is shown and kept of it.</summary>
/// <param name="Sum">Sum of the losses, each times what it counts.</param>
/// <param name="Counts">What they count together.</param>
internal readonly record struct LossSum(double Sum, double Counts)
{
    /// <summary>The loss of the step.</summary>
    internal double Mean => Sum / Counts;

    /// <summary>Adds a step's losses up.</summary>
    /// <param name="losses">Mean loss of each shard.</param>
    /// <param name="weights">What each counts; null where it is its samples.</param>
    /// <param name="samples">Samples of a shard.</param>
    internal static LossSum Of(ReadOnlySpan<float> losses, float[]? weights, Func<int, int> samples)
    {
        var total = default(LossSum);
        for (var shard = 0; shard < losses.Length; shard++)
        {
            double counts = weights?[shard] ?? samples(shard);
            total = new LossSum(total.Sum + (losses[shard] * counts), total.Counts + counts);
        }

        return total;
    }
}
