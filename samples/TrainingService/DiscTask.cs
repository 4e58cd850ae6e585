using Cluster.Train.Reduction;
using Cluster.Train.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TrainingService;

/// <summary>Does a point of the square lie inside the disc?</summary>
internal sealed class DiscTask : TrainingTask<Sequential>
{
    public override string Name => "disc";

    public override JobDefaults Defaults => new(BatchSize: 64, Epochs: 20, OptimizerSettings.AdamW(0.01f));

    public override TaskData OpenData(TaskSettings settings, string? dataDirectory) => new(new Points(2000, seed: 1), new Points(500, seed: 2));

    public override Sequential CreateModel(TaskSettings settings, TaskData data) => Sequential(Linear(2, 32), Tanh(), Linear(32, 1));

    public override Tensor Predict(Sequential model, Batch batch) => model.forward(batch.Input);

    public override Tensor Loss(Tensor prediction, Batch batch) => functional.binary_cross_entropy_with_logits(prediction, batch.Target);

    public override EvaluationCounts Count(Tensor prediction, Batch batch) =>
        new(prediction.gt(0).eq(batch.Target.gt(0.5)).sum().item<long>(), batch.Count);

    private sealed class Points(int count, long seed) : IDataset
    {
        public int Count => count;

        public IReadOnlyList<FieldSpec> Fields { get; } = [new("point", FieldType.Float32, 2), new("inside", FieldType.Float32, 1)];

        public string Fingerprint => $"disc {count} {seed}";

        public void Read(ReadOnlySpan<int> samples, int epoch, BatchBuffers into)
        {
            for (var i = 0; i < samples.Length; i++)
            {
                var random = new StableRandom(seed, samples[i]);
                var (x, y) = ((2 * (float)random.NextDouble()) - 1, (2 * (float)random.NextDouble()) - 1);
                (into.Floats(0)[2 * i], into.Floats(0)[(2 * i) + 1], into.Floats(1)[i]) = (x, y, (x * x) + (y * y) < 0.5f ? 1 : 0);
            }
        }
    }
}
