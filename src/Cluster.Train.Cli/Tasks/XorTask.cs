using Cluster.Train.Reduction;
using Cluster.Train.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Cluster.Train.Cli.Tasks;

/// <summary>
/// Exclusive or, the smallest job that needs a hidden layer: 17 parameters, no data files. A step takes so little that
/// whatever else a trainer does shows in its time.
/// </summary>
internal sealed class XorTask : TrainingTask<Sequential>
{
    private const int TrainingPoints = 2500;
    private const int TestPoints = 500;

    public override string Name => "xor";

    public override string Description => "Learns exclusive or from 2,500 noisy points; needs no data.";

    public override JobDefaults Defaults => new(BatchSize: 128, Epochs: 100, OptimizerSettings.Sgd(0.1f));

    public override TaskData OpenData(TaskSettings settings, string? dataDirectory) =>
        new(new XorPoints(TrainingPoints, seed: 1), new XorPoints(TestPoints, seed: 2));

    public override Sequential CreateModel(TaskSettings settings, TaskData data) =>
        Sequential(("hidden", Linear(2, 4)), ("bend", Tanh()), ("output", Linear(4, 1)));

    public override Tensor Predict(Sequential model, Batch batch) => model.forward(batch.Input);

    public override Tensor Loss(Tensor prediction, Batch batch) =>
        functional.binary_cross_entropy_with_logits(prediction, batch.Target);

    public override EvaluationCounts Count(Tensor prediction, Batch batch) =>
        new(prediction.gt(0).eq(batch.Target.gt(0.5)).sum().item<long>(), batch.Count);
}
