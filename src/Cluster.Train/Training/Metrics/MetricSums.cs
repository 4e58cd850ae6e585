namespace Cluster.Train.Training;

/// <summary>The sums of all metrics of a task, over some samples. Immutable; equal where all sums have the same bits.</summary>
/// <param name="Values">A row for each metric, in the task's order; a row without sums is that of no samples.</param>
internal sealed record MetricSums(double[][] Values)
{
    /// <summary>Of no metrics, or of no samples.</summary>
    internal static MetricSums None { get; } = new([]);

    /// <summary>How many sums there are in all.</summary>
    internal int Count => Values.Sum(row => row.Length);

    /// <summary>The same with those of further samples. The order of additions decides the bits.</summary>
    /// <exception cref="TrainingFaultException">A metric has another number of sums there.</exception>
    internal MetricSums Plus(MetricSums more)
    {
        if (more.Values.Length == 0 || Values.Length == 0)
        {
            return Values.Length == 0 ? more : this;
        }

        return Values.Length == more.Values.Length
            ? new MetricSums([.. Values.Zip(more.Values, Plus)])
            : throw new TrainingFaultException(Invariant($"evaluations have sums of {Values.Length} and of {more.Values.Length} metrics"));
    }

    /// <inheritdoc/>
    public bool Equals(MetricSums? other) => other is not null && Values.Length == other.Values.Length
        && Values.Zip(other.Values).All(rows => rows.First.Select(BitConverter.DoubleToInt64Bits).SequenceEqual(rows.Second.Select(BitConverter.DoubleToInt64Bits)));

    /// <inheritdoc/>
    public override int GetHashCode() => Values.Aggregate(Values.Length, (hash, row) => row.Aggregate(HashCode.Combine(hash, row.Length), HashCode.Combine));

    private static double[] Plus(double[] sums, double[] more)
    {
        if (sums.Length == 0 || more.Length == 0)
        {
            return sums.Length == 0 ? more : sums;
        }

        if (sums.Length != more.Length)
        {
            throw new TrainingFaultException(Invariant($"a metric has {sums.Length} sums over some samples, and {more.Length} over others"));
        }

        var total = new double[sums.Length];
        for (var i = 0; i < total.Length; i++)
        {
            total[i] = sums[i] + more[i];
        }

        return total;
    }
}
