using Cluster.Train.Training;

namespace SpiralTrainer;

/// <summary>Points on the arms of a spiral, each arm turning once and a half around the centre, with a little noise.</summary>
internal sealed class SpiralPoints : IDataset
{
    private readonly float[] _coordinates;
    private readonly int _arms;

    public SpiralPoints(int arms, int pointsPerArm, int seed)
    {
        _arms = arms;
        Count = arms * pointsPerArm;
        Fingerprint = $"spiral arms={arms} points={pointsPerArm} seed={seed}";
        _coordinates = new float[2 * Count];
        var random = new Random(seed);
        for (var point = 0; point < Count; point++)
        {
            var along = random.NextDouble();
            var angle = (2 * Math.PI * ArmOf(point) / arms) + (3 * Math.PI * along) + ((random.NextDouble() - 0.5) * 0.3);
            _coordinates[2 * point] = (float)(along * Math.Cos(angle));
            _coordinates[(2 * point) + 1] = (float)(along * Math.Sin(angle));
        }
    }

    public int Count { get; }

    public IReadOnlyList<FieldSpec> Fields { get; } = [new("coordinates", FieldType.Float32, 2), new("arm", FieldType.Int64)];

    public string Fingerprint { get; }

    public void Read(ReadOnlySpan<int> samples, int epoch, BatchBuffers into)
    {
        var coordinates = into.Floats(0);
        var arms = into.Integers(1);
        for (var i = 0; i < samples.Length; i++)
        {
            coordinates[2 * i] = _coordinates[2 * samples[i]];
            coordinates[(2 * i) + 1] = _coordinates[(2 * samples[i]) + 1];
            arms[i] = ArmOf(samples[i]);
        }
    }

    private int ArmOf(int point) => point % _arms;
}
