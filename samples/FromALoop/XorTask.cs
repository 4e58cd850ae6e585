using Cluster.Train.Reduction;
using Cluster.Train.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace FromALoop;

/// <summary>The same job, for the trainer.</summary>
internal sealed class XorTask : TrainingTask<Sequential>
{
    public override string Name => "xor";

    public override JobDefaults Defaults => new(BatchSize: 128, Epochs: 100, OptimizerSettings.Sgd(0.1f));

    public override TaskData OpenData(TaskSettings settings, string? dataDirectory) =>
        new(Dataset(count: 2500, seed: 1), Dataset(count: 500, seed: 2));

    public override Sequential CreateModel(TaskSettings settings, TaskData data) =>
        Sequential(("hidden", Linear(2, 4)), ("bend", Tanh()), ("output", Linear(4, 1)));

    public override Tensor Predict(Sequential model, Batch batch) => model.forward(batch.Input);

    public override Tensor Loss(Tensor prediction, Batch batch) =>
        functional.binary_cross_entropy_with_logits(prediction, batch.Target);

    public override EvaluationCounts Count(Tensor prediction, Batch batch) =>
        new(prediction.gt(0).eq(batch.Target.gt(0.5)).sum().item<long>(), batch.Count);

    /// <summary>New samples, to be predicted: the corners themselves.</summary>
    public override TaskData OpenNewData(TaskSettings settings, string? dataDirectory, string? preparation)
    {
        var corners = new ArrayDataset(ArrayField.Of("point", [0f, 0f, 0f, 1f, 1f, 0f, 1f, 1f], 2));
        return new TaskData(corners, corners);
    }

    /// <summary>Points around the corners of a square; the answer is whether the corner's coordinates differ.</summary>
    internal static (float[] Points, float[] Answers) Points(int count, int seed)
    {
        var random = new StableRandom(seed);
        var points = new float[2 * count];
        var answers = new float[count];
        for (var sample = 0; sample < count; sample++)
        {
            var (x, y) = (sample & 1, (sample >> 1) & 1);
            points[2 * sample] = (float)(x + (0.1 * random.NextNormal()));
            points[(2 * sample) + 1] = (float)(y + (0.1 * random.NextNormal()));
            answers[sample] = x ^ y;
        }

        return (points, answers);
    }

    private static ArrayDataset Dataset(int count, int seed)
    {
        var (points, answers) = Points(count, seed);
        return new ArrayDataset(ArrayField.Of("point", points, 2), ArrayField.Of("answer", answers, 1));
    }
}
