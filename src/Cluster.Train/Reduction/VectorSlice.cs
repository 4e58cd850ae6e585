namespace Cluster.Train.Reduction;

/// <summary>The positions [Start, End) of the flat vector that one member owns. May be empty.</summary>
/// <param name="Start">The first position.</param>
/// <param name="End">One past the last position.</param>
internal readonly record struct VectorSlice(long Start, long End)
{
    /// <summary>Number of positions.</summary>
    public long Length => End - Start;
}
