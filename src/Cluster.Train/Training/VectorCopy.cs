namespace Cluster.Train.Training;

/// <summary>Whole flat vectors between arrays and blocks.</summary>
internal static class VectorCopy
{
    internal static void ToBlock(float[] source, FloatBlock destination) =>
        source.CopyTo(destination.Span(0, source.Length));

    internal static float[] ToArray(FloatBlock source) =>
        source.Span(0, checked((int)source.Length)).ToArray();
}
