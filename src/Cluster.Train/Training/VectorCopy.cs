namespace Cluster.Train.Training;

/// <summary>Whole flat vectors from arrays to blocks.</summary>
internal static class VectorCopy
{
    internal static void ToBlock(float[] source, FloatBlock destination) =>
        source.CopyTo(destination.Span(0, source.Length));
}
