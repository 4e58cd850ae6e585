using System.Collections.Immutable;

namespace Cluster.Train;

/// <summary>What a metric came to in an evaluation.</summary>
/// <param name="Name">The metric's name.</param>
/// <param name="Value">Its value; NaN for a metric that is a table.</param>
public sealed record MetricResult(string Name, double Value)
{
    /// <summary>Whether a larger value is a better one.</summary>
    public bool HigherIsBetter { get; init; } = true;

    /// <summary>For a table of <see cref="Sums"/>, row by row: how many columns it has. 0 for a number.</summary>
    public int Columns { get; init; }

    /// <summary>The sums over all samples; empty where they were not kept, as in a checkpoint.</summary>
    public ImmutableArray<double> Sums { get; init; } = [];

    /// <inheritdoc/>
    public bool Equals(MetricResult? other) => other is not null && Name == other.Name && Value.Equals(other.Value)
        && HigherIsBetter == other.HigherIsBetter && Columns == other.Columns && Sums.SequenceEqual(other.Sums);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Value, Columns, Sums.Length);
}
