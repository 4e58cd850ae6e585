using Cluster.Train.Data;
using Cluster.Train.Reduction;
using Cluster.Train.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Leaves;

/// <summary>Which tree is a leaf from, by its length and width in cm? Put your own model and data in its place.</summary>
public sealed class LeavesTask : TrainingTask<Sequential>
{
    private static readonly CsvLayout Layout = new() { Target = "tree", ClassLabels = ["beech", "oak", "willow"] };

    public override string Name => "leaves";

    public override string Description => "Tells beech, oak and willow by the length and the width of a leaf.";

    /// <summary>What holds where the command line says nothing else.</summary>
    public override JobDefaults Defaults => new(BatchSize: 30, Epochs: 40, OptimizerSettings.AdamW(0.01f));

    /// <summary>Training and evaluation data; <c>--data</c> names another folder.</summary>
    public override TaskData OpenData(TaskSettings settings, string? dataDirectory)
    {
        var all = CsvDataset.Read(Path.Combine(dataDirectory ?? Path.Combine(AppContext.BaseDirectory, "data"), "leaves.csv"), Layout);
        return new TaskData(new DatasetPart(all, 0, 300), new DatasetPart(all, 300, all.Count - 300));
    }

    public override Sequential CreateModel(TaskSettings settings, TaskData data) =>
        Sequential(("in", Linear(2, 16)), ("bend", ReLU()), ("out", Linear(16, 3)));

    /// <summary>[batch, 2] to [batch, 3].</summary>
    public override Tensor Predict(Sequential model, Batch batch) => model.forward((batch.Input - 8) / 4);

    public override Tensor Loss(Tensor prediction, Batch batch) => functional.cross_entropy(prediction, batch.Target);

    public override EvaluationCounts Count(Tensor prediction, Batch batch) =>
        new(prediction.argmax(1).eq(batch.Target).sum().item<long>(), batch.Count);
}
