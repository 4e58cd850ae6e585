using Cluster.Train.Training;

namespace Cluster.Train.Tests.Training;

/// <summary>Random points, and the class that a fixed rule gives them.</summary>
internal sealed class SmallData : IDataset
{
    public const int Width = 19;
    public const int Classes = 3;

    private readonly float[] _points;

    public SmallData(int count, long seed)
    {
        Count = count;
        Fingerprint = $"small {count} {seed}";
        var random = new StableRandom(seed);
        _points = [.. Enumerable.Range(0, count * Width).Select(_ => (float)random.NextNormal())];
    }

    public int Count { get; }

    public IReadOnlyList<FieldSpec> Fields { get; } = [new("point", FieldType.Float32, Width), new("class", FieldType.Int64)];

    public string Fingerprint { get; }

    public void Read(ReadOnlySpan<int> samples, int epoch, BatchBuffers into)
    {
        var points = into.Floats(0);
        var classes = into.Integers(1);
        for (var i = 0; i < samples.Length; i++)
        {
            var point = _points.AsSpan(samples[i] * Width, Width);
            point.CopyTo(points[(i * Width)..]);
            classes[i] = point[0] + point[1] > 0.5f ? 2 : point[2] > 0 ? 1 : 0;
        }
    }
}

/// <summary>Samples of which each member can be replaced by a test.</summary>
internal sealed class AlteredData(IDataset samples) : IDataset
{
    public delegate void ReadSamples(ReadOnlySpan<int> numbers, int epoch, BatchBuffers into);

    public Func<int> CountOf { get; init; } = () => samples.Count;

    public Func<IReadOnlyList<FieldSpec>> FieldsOf { get; init; } = () => samples.Fields;

    public Func<string> FingerprintOf { get; init; } = () => samples.Fingerprint;

    public ReadSamples ReadOf { get; init; } = samples.Read;

    public int Count => CountOf();

    public IReadOnlyList<FieldSpec> Fields => FieldsOf();

    public string Fingerprint => FingerprintOf();

    public void Read(ReadOnlySpan<int> numbers, int epoch, BatchBuffers into) => ReadOf(numbers, epoch, into);
}
