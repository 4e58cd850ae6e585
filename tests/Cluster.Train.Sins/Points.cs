using Cluster.Train.Training;

namespace Cluster.Train.Sins;

/// <summary>Points of a plane, and whether their coordinates have the same sign.</summary>
/// <param name="count">How many.</param>
/// <param name="seed">The same seed gives the same points.</param>
internal class Points(int count, int seed) : IDataset
{
    internal const int Width = 2;

    public int Count => count;

    public IReadOnlyList<FieldSpec> Fields { get; } = [new("point", FieldType.Float32, Width), new("class", FieldType.Int64)];

    public string Fingerprint => FormattableString.Invariant($"points {count} {seed}");

    public void Read(ReadOnlySpan<int> samples, int epoch, BatchBuffers into)
    {
        for (var i = 0; i < samples.Length; i++)
        {
            var random = new Random((seed * 1_000_003) + samples[i]);
            var (x, y) = ((float)random.NextDouble() - 0.5f, (float)random.NextDouble() - 0.5f);
            var moved = epoch < 0 ? 0 : Augmentation(samples[i], epoch);
            into.Floats(0)[Width * i] = x + moved;
            into.Floats(0)[(Width * i) + 1] = y;
            into.Integers(1)[i] = x * y > 0 ? 1 : 0;
        }
    }

    /// <summary>By how much a training sample is moved.</summary>
    protected virtual float Augmentation(int sample, int epoch) => 0;
}
