using Cluster.Train.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Cluster.Train.Probe;

/// <summary>Two classes of random points, and models whose sums depend on different kernels of libtorch.</summary>
internal sealed class ProbeTask(string model) : TrainingTask<Sequential>
{
    /// <summary>Extent of a sample: an image of 12 by 12 for the convolution.</summary>
    internal const int Width = 144;

    /// <summary>The model whose loss waits for finalizers.</summary>
    internal const string Waiting = "waiting";

    public override string Name => "probe";

    public override TaskData OpenData(TaskSettings settings, string? dataDirectory) =>
        new(new RandomPoints(model == "tiny" ? 4 : Width, 480), new RandomPoints(model == "tiny" ? 4 : Width, 60));

    // Odd extents: rows begin at other alignments than blocks do.
    public override Sequential CreateModel(TaskSettings settings, TaskData data) => model switch
    {
        Waiting => Sequential(("out", Linear(Width, 2))),
        "tiny" => Sequential(("in", Linear(4, 4)), ("bend", Tanh()), ("out", Linear(4, 2))),
        "wide" => Sequential(("in", Linear(Width, 515)), ("bend", Tanh()), ("mid", Linear(515, 257)), ("bend2", Tanh()), ("out", Linear(257, 2))),
        // 16 million parameters in layers of a sixteenth each, so that a peak tells how often the whole is in memory.
        "large" => Sequential(
            Enumerable.Range(0, 17).SelectMany(layer => new (string, Module<Tensor, Tensor>)[]
            {
                ($"linear{layer}", Linear(layer == 0 ? Width : 1000, 1000)), ($"bend{layer}", ReLU()),
            }).Append(("out", Linear(1000, 2)))),
        "convolution" => Sequential(
            ("image", Unflatten(1, [1, 12, 12])), ("conv", Conv2d(1, 7, 3)), ("bend", ReLU()), ("pool", MaxPool2d(2)),
            ("conv2", Conv2d(7, 13, 3)), ("flat", Flatten()), ("out", Linear(13 * 9, 2))),
        "normalized" => Sequential(
            ("in", Linear(Width, 37)), ("norm", BatchNorm1d(37)), ("bend", ReLU()), ("drop", Dropout(0.3)),
            ("layer", LayerNorm(37)), ("out", Linear(37, 2))),
        // Its pooling has no backward pass on a GPU that is the same each time.
        "undetermined" => Sequential(
            ("image", Unflatten(1, [1, 12, 12])), ("conv", Conv2d(1, 7, 3)), ("pool", AdaptiveAvgPool2d(3)), ("flat", Flatten()), ("out", Linear(7 * 9, 2))),
        _ => throw new BadInputException($"there is no model '{model}'"),
    };

    public override Tensor Predict(Sequential model, Batch batch) => model.forward(batch.Input);

    public override Tensor Loss(Tensor prediction, Batch batch)
    {
        if (model == Waiting)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return functional.cross_entropy(prediction, batch.Target);
    }

    public override EvaluationCounts Count(Tensor prediction, Batch batch) =>
        new(prediction.argmax(1).eq(batch.Target).sum().item<long>(), batch.Count);

    private sealed class RandomPoints : IDataset
    {
        private readonly int _width;
        private readonly float[] _points;

        internal RandomPoints(int width, int count)
        {
            (_width, Count) = (width, count);
            var random = new StableRandom(count);
            _points = [.. Enumerable.Range(0, count * width).Select(_ => (float)random.NextNormal())];
            Fields = [new("point", FieldType.Float32, width), new("class", FieldType.Int64)];
        }

        public int Count { get; }

        public IReadOnlyList<FieldSpec> Fields { get; }

        public string Fingerprint => $"random {Count} {_width}";

        public void Read(ReadOnlySpan<int> samples, int epoch, BatchBuffers into)
        {
            for (var i = 0; i < samples.Length; i++)
            {
                var point = _points.AsSpan(samples[i] * _width, _width);
                point.CopyTo(into.Floats(0)[(i * _width)..]);
                into.Integers(1)[i] = point[0] * point[1] > 0 ? 1 : 0;
            }
        }
    }
}
