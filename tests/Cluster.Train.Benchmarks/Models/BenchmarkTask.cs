using Cluster.Train.Training;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Cluster.Train.Benchmarks.Models;

/// <summary>
/// A model as a task, on made-up data of the shapes of the real one, all in memory and without an evaluation: neither
/// files nor evaluations are what is compared.
/// </summary>
internal sealed class BenchmarkTask(BenchmarkModel model) : TrainingTask<Module<Tensor, Tensor>>
{
    private const int Batches = 40;

    /// <summary>All models' tasks.</summary>
    internal static ITrainingTask[] All => [.. BenchmarkModel.All.Append(BenchmarkModel.Large).Select(model => new BenchmarkTask(model))];

    internal BenchmarkModel Model => model;

    public override string Name => model.Name;

    public override JobDefaults Defaults => new(model.Batch, Epochs: 1, model.Optimizer);

    public override TaskData OpenData(TaskSettings settings, string? dataDirectory) =>
        new(new RandomSamples(model, Batches * model.Batch), new RandomSamples(model, 0));

    public override Module<Tensor, Tensor> CreateModel(TaskSettings settings, TaskData data) => model.Create();

    public override Tensor Predict(Module<Tensor, Tensor> module, Batch batch) => module.forward(batch.Input);

    public override Tensor Loss(Tensor prediction, Batch batch) => model.Loss(prediction, batch.Target);
}
