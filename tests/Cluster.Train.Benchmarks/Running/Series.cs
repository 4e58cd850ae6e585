namespace Cluster.Train.Benchmarks.Running;

/// <summary>The repeated measurements of one thing.</summary>
internal sealed class Series
{
    private readonly List<double> _values = [];

    internal double Median => _values.Order().ElementAt(_values.Count / 2);

    internal double Least => _values.Min();

    internal double Most => _values.Max();

    internal void Add(double value) => _values.Add(value);
}
