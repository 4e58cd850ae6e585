namespace Cluster.Train.Benchmarks.Running;

/// <summary>The repeated measurements of one thing.</summary>
internal sealed class Series
{
    private readonly List<double> _values = [];

    /// <summary>The middle value, or the mean of the two in the middle.</summary>
    internal double Median
    {
        get
        {
            double[] ordered = [.. _values.Order()];
            return (ordered[(ordered.Length - 1) / 2] + ordered[ordered.Length / 2]) / 2;
        }
    }

    internal int Count => _values.Count;

    internal double Least => _values.Min();

    internal double Most => _values.Max();

    internal void Add(double value) => _values.Add(value);
}
