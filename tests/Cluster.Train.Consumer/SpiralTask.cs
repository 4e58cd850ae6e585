using Cluster.Train.Reduction;
using Cluster.Train.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace SpiralTrainer;

/// <summary>Which arm of a spiral does a point of the plane lie on? A small classifier that draws a curved border.</summary>
internal sealed class SpiralTask : TrainingTask<Sequential>
{
    public override string Name => "spiral";

    public override string Description => "Tells the arms of a spiral apart, from the coordinates of a point.";

    public override JobDefaults Defaults => new(BatchSize: 60, Epochs: 100, OptimizerSettings.Sgd(0.2f, momentum: 0.9f));

    public override IReadOnlyList<TaskOption> Options =>
        [new("arms", "How many arms the spiral has.", "3", "2", "3", "4"), new("hidden", "Width of the hidden layers.", "32", "16", "32", "64")];

    public override TaskData OpenData(TaskSettings settings, string? dataDirectory)
    {
        var arms = int.Parse(settings["arms"]);
        return new TaskData(new SpiralPoints(arms, pointsPerArm: 400, seed: 1), new SpiralPoints(arms, pointsPerArm: 100, seed: 2));
    }

    public override Sequential CreateModel(TaskSettings settings, TaskData data)
    {
        var hidden = int.Parse(settings["hidden"]);
        return Sequential(
            ("in", Linear(2, hidden)), ("bend1", ReLU()),
            ("middle", Linear(hidden, hidden)), ("bend2", ReLU()),
            ("out", Linear(hidden, int.Parse(settings["arms"]))));
    }

    public override Tensor Predict(Sequential model, Batch batch) => model.forward(batch.Input);

    public override Tensor Loss(Tensor prediction, Batch batch) => functional.cross_entropy(prediction, batch.Target);

    public override EvaluationCounts Count(Tensor prediction, Batch batch) =>
        new(prediction.argmax(1).eq(batch.Target).sum().item<long>(), batch.Count);
}
