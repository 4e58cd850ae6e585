using Cluster.Train.Training;

namespace Cluster.Train.Benchmarks.Local;

/// <summary>Uniform inputs with targets that follow from them, drawn once.</summary>
internal sealed class RandomSamples : IDataset
{
    private readonly float[] _inputs;
    private readonly int _width;
    private readonly bool _classes;

    /// <summary>Draws samples for a model of <see cref="BenchmarkTask"/>.</summary>
    internal RandomSamples(string model, int count)
    {
        _classes = model != BenchmarkTask.Xor;
        _width = _classes ? 784 : 2;
        Count = count;
        Fingerprint = $"random {model} {count}";
        Fields =
        [
            new FieldSpec("input", FieldType.Float32, _width),
            _classes ? new FieldSpec("class", FieldType.Int64) : new FieldSpec("answer", FieldType.Float32, 1),
        ];
        var random = new Random(1);
        _inputs = [.. Enumerable.Range(0, count * _width).Select(_ => random.NextSingle())];
    }

    public int Count { get; }

    public IReadOnlyList<FieldSpec> Fields { get; }

    public string Fingerprint { get; }

    public void Read(ReadOnlySpan<int> samples, int epoch, BatchBuffers into)
    {
        var inputs = into.Floats(0);
        for (var row = 0; row < samples.Length; row++)
        {
            var input = _inputs.AsSpan(samples[row] * _width, _width);
            input.CopyTo(inputs[(row * _width)..]);
            if (_classes)
            {
                into.Integers(1)[row] = (long)(input[0] * 10);
            }
            else
            {
                into.Floats(1)[row] = input[0] > 0.5f != input[1] > 0.5f ? 1 : 0;
            }
        }
    }
}
