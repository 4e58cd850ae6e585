using Cluster.Train.Reduction;
using Cluster.Train.Training;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Cluster.Train.Sins;

/// <summary>Two classes of points, five steps an epoch, and nothing wrong with it.</summary>
/// <param name="name">The name on the command line.</param>
internal abstract class SinTask(string name) : TrainingTask<Module<Tensor, Tensor>>
{
    public override string Name => name;

    public override JobDefaults Defaults => new(BatchSize: 24, Epochs: 4, OptimizerSettings.Sgd(0.1f, momentum: 0.9f));

    public override TaskData OpenData(TaskSettings settings, string? dataDirectory) => new(new Points(120, seed: 1), new Points(40, seed: 2));

    public override Module<Tensor, Tensor> CreateModel(TaskSettings settings, TaskData data) =>
        Sequential(("in", Linear(Points.Width, 16)), ("bend", Tanh()), ("out", Linear(16, 2)));

    public override Tensor Predict(Module<Tensor, Tensor> model, Batch batch) => model.forward(batch.Input);

    public override Tensor Loss(Tensor prediction, Batch batch) => functional.cross_entropy(prediction, batch.Target);

    public override EvaluationCounts Count(Tensor prediction, Batch batch) =>
        new(prediction.argmax(1).eq(batch.Target).sum().item<long>(), batch.Count);
}
