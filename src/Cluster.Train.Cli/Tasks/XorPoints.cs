using Cluster.Train.Training;

namespace Cluster.Train.Cli.Tasks;

/// <summary>
/// Points around the corners (0, 0), (0, 1), (1, 0), (1, 1), as many at each, with a normal deviation of 0.1 in both
/// coordinates. Fields: "point", float32 [2], and "answer", float32 [1]: whether the corner's coordinates differ.
/// </summary>
internal sealed class XorPoints : IDataset
{
    private const double Deviation = 0.1;
    private readonly float[] _points;

    /// <summary>Draws the points.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">The same seed draws the same points, on any machine.</param>
    internal XorPoints(int count, long seed)
    {
        Count = count;
        Fingerprint = Invariant($"xor points={count} seed={seed}");
        _points = new float[2 * count];
        var random = new StableRandom(seed);
        for (var sample = 0; sample < count; sample++)
        {
            var (x, y) = Corner(sample);
            _points[2 * sample] = (float)(x + (Deviation * random.NextNormal()));
            _points[(2 * sample) + 1] = (float)(y + (Deviation * random.NextNormal()));
        }
    }

    public int Count { get; }

    public IReadOnlyList<FieldSpec> Fields { get; } = [new("point", FieldType.Float32, 2), new("answer", FieldType.Float32, 1)];

    public string Fingerprint { get; }

    public void Read(ReadOnlySpan<int> samples, int epoch, BatchBuffers into)
    {
        var points = into.Floats(0);
        var answers = into.Floats(1);
        for (var i = 0; i < samples.Length; i++)
        {
            var sample = samples[i];
            points[2 * i] = _points[2 * sample];
            points[(2 * i) + 1] = _points[(2 * sample) + 1];
            var (x, y) = Corner(sample);
            answers[i] = x ^ y;
        }
    }

    private static (int X, int Y) Corner(int sample) => (sample & 1, (sample >> 1) & 1);
}
