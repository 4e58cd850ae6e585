using Cluster.Train.Training;

namespace Cluster.Train.Benchmarks.Models;

/// <summary>Uniform inputs with targets that follow from them, drawn once.</summary>
internal sealed class RandomSamples : IDataset
{
    /// <summary>Different characters of a text, as many as all of Shakespeare has.</summary>
    internal const int Vocabulary = 65;

    private readonly float[] _floats = [];
    private readonly long[] _characters = [];

    /// <summary>Draws samples for a model.</summary>
    internal RandomSamples(BenchmarkModel model, int count)
    {
        Count = count;
        Fingerprint = $"random {model.Name} {count}";
        Fields = [model.Input, model.Target];
        var random = new Random(1);
        if (model.Input.Type == FieldType.Float32)
        {
            _floats = new float[count * model.Input.Elements];
            foreach (ref var value in _floats.AsSpan()) value = random.NextSingle();
        }
        else
        {
            // One more: a window's last target is the character after it.
            _characters = new long[(count * model.Input.Elements) + 1];
            foreach (ref var value in _characters.AsSpan()) value = random.Next(Vocabulary);
        }
    }

    public int Count { get; }

    public IReadOnlyList<FieldSpec> Fields { get; }

    public string Fingerprint { get; }

    public void Read(ReadOnlySpan<int> samples, int epoch, BatchBuffers into)
    {
        var width = Fields[0].Elements;
        for (var row = 0; row < samples.Length; row++)
        {
            var start = samples[row] * width;
            if (_characters.Length > 0)
            {
                _characters.AsSpan(start, width).CopyTo(into.Integers(0)[(row * width)..]);
                _characters.AsSpan(start + 1, width).CopyTo(into.Integers(1)[(row * width)..]);
                continue;
            }

            var input = _floats.AsSpan(start, width);
            input.CopyTo(into.Floats(0)[(row * width)..]);
            if (Fields[1].Type == FieldType.Int64)
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
