using Cluster.Train.Training;

namespace Cluster.Train.Tests.Training.Data;

/// <summary>Samples whose values are their own number: field 0 [n, n + 0.5], field 1 n. What it does in between is the test's choice.</summary>
internal sealed class CountingDataset(int count) : IDataset
{
    private int _reads;

    /// <summary>Called before each read with its number, counted from 0.</summary>
    public Action<int>? BeforeRead { get; init; }

    /// <summary>Floats of a sample's first field.</summary>
    public int Width { get; init; } = 2;

    public int Reads => Volatile.Read(ref _reads);

    public int LastEpoch { get; private set; } = int.MinValue;

    public int Count => count;

    public IReadOnlyList<FieldSpec> Fields => [new("pair", FieldType.Float32, Width), new("number", FieldType.Int64)];

    public string Fingerprint => "counting";

    public void Read(ReadOnlySpan<int> samples, int epoch, BatchBuffers into)
    {
        var read = Interlocked.Increment(ref _reads) - 1;
        BeforeRead?.Invoke(read);
        LastEpoch = epoch;
        var pairs = into.Floats(0);
        for (var i = 0; i < samples.Length; i++)
        {
            for (var column = 0; column < Width; column++)
            {
                pairs[(i * Width) + column] = samples[i] + (column * 0.5f);
            }

            into.Integers(1)[i] = samples[i];
        }
    }
}
