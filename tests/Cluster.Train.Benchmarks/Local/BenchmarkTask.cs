using Cluster.Train.Reduction;
using Cluster.Train.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Cluster.Train.Benchmarks.Local;

/// <summary>
/// The models that are timed, on made-up data of the shapes of the real one, all in memory: reading files is not what
/// is compared. The peers' script has the same models.
/// </summary>
internal sealed class BenchmarkTask(string model) : TrainingTask<Sequential>
{
    /// <summary>17 parameters: a step is all overhead.</summary>
    internal const string Xor = "xor";

    /// <summary>784-512-512-10, 669,706 parameters: a step is mostly matrix products.</summary>
    internal const string Perceptron = "mlp";

    private const int Samples = 2560;

    public override string Name => model;

    public override JobDefaults Defaults => new(BatchSize: 128, Epochs: 1, Optimizer);

    /// <summary>The update rule of a model.</summary>
    internal OptimizerSettings Optimizer => model == Xor ? OptimizerSettings.Sgd(0.1f) : OptimizerSettings.Sgd(0.01f, momentum: 0.9f);

    public override TaskData OpenData(TaskSettings settings, string? dataDirectory) =>
        new(new RandomSamples(model, Samples), new RandomSamples(model, 0));

    public override Sequential CreateModel(TaskSettings settings, TaskData data) => CreateModel();

    public override Tensor Predict(Sequential model, Batch batch) => model.forward(batch.Input);

    public override Tensor Loss(Tensor prediction, Batch batch) => Loss(prediction, batch.Target);

    internal Sequential CreateModel() => model == Xor
        ? Sequential(("hidden", Linear(2, 4)), ("bend", Tanh()), ("output", Linear(4, 1)))
        : Sequential(
            ("hidden1", Linear(784, 512)), ("bend1", ReLU()), ("hidden2", Linear(512, 512)), ("bend2", ReLU()), ("output", Linear(512, 10)));

    internal Tensor Loss(Tensor prediction, Tensor target) => model == Xor
        ? functional.binary_cross_entropy_with_logits(prediction, target)
        : functional.cross_entropy(prediction, target);
}
