using Cluster.Train;
using Cluster.Train.Data;
using Cluster.Train.Reduction;
using Cluster.Train.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace FineTuning;

/// <summary>Tells the digits 5 to 9 apart, with the lower layer of a network that learned 0 to 4.</summary>
internal sealed class DigitsTask : TrainingTask<Sequential>
{
    private static readonly CsvLayout Layout = new() { Target = "digit", ClassLabels = ["5", "6", "7", "8", "9"] };

    public override string Name => "digits";

    public override JobDefaults Defaults => new(BatchSize: 32, Epochs: 60, OptimizerSettings.AdamW(0.01f));

    public override TaskData OpenData(TaskSettings settings, string? dataDirectory)
    {
        var all = Read(dataDirectory);
        return new TaskData(new DatasetPart(all, 0, 400), new DatasetPart(all, 400, all.Count - 400));
    }

    public override TaskData OpenNewLabelledData(TaskSettings settings, string? dataDirectory, string? preparation)
    {
        var all = Read(dataDirectory);
        return new TaskData(new DatasetPart(all, 0, 0), all);
    }

    public override Sequential CreateModel(TaskSettings settings, TaskData data) => Sequential(
        ("backbone", Sequential(Linear(64, 128), ReLU())),
        ("head", Linear(128, 5)));

    public override Tensor Predict(Sequential model, Batch batch) => model.forward(batch.Input / 16);

    public override Tensor Loss(Tensor prediction, Batch batch) => functional.cross_entropy(prediction, batch.Target);

    public override EvaluationCounts Count(Tensor prediction, Batch batch) =>
        new(prediction.argmax(1).eq(batch.Target).sum().item<long>(), batch.Count);

    public override Tensor Answer(Tensor prediction, Batch batch) => prediction.argmax(1) + 5;

    public override IReadOnlyList<string> AnswerColumns(TaskSettings settings, TaskData data) => ["digit"];

    private static CsvDataset Read(string? path) =>
        CsvDataset.Read(path ?? throw new BadInputException("task 'digits' needs its table: give --data data/digits.csv"), Layout);
}
