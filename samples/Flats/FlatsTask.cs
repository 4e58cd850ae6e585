using Cluster.Train.Data;
using Cluster.Train.Reduction;
using Cluster.Train.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Flats;

/// <summary>What a flat costs a month, by its area, its year and its district.</summary>
internal sealed class FlatsTask : TrainingTask<Sequential>
{
    private static readonly TableOptions Table = new()
    {
        Targets = ["rent"],
        Kind = TargetKind.Quantity,
        Categorical = ["district"],
        MissingNumbers = MissingRule.Median,
        Delimiter = ';',
        DecimalSeparator = ',',
    };

    public override string Name => "flats";

    public override JobDefaults Defaults => new(BatchSize: 32, Epochs: 60, OptimizerSettings.AdamW(0.01f));

    public override IReadOnlyList<Metric> Metrics(TaskSettings settings) => [Metric.MeanAbsoluteError(), Metric.R2()];

    public override TaskData OpenData(TaskSettings settings, string? dataDirectory) => TableDataset.Open(dataDirectory, Table);

    public override TaskData OpenNewData(TaskSettings settings, string? dataDirectory, string? preparation) => TableDataset.OpenNewData(dataDirectory, Table, preparation);

    public override TaskData OpenNewLabelledData(TaskSettings settings, string? dataDirectory, string? preparation) => TableDataset.OpenNewLabelledData(dataDirectory, Table, preparation);

    public override Sequential CreateModel(TaskSettings settings, TaskData data)
    {
        var table = TablePreparation.Parse(data.Preparation);
        return Sequential(Linear(table.Width, 32), ReLU(), Linear(32, table.Outputs));
    }

    public override Tensor Predict(Sequential model, Batch batch) => model.forward(batch.Input);

    public override Tensor Loss(Tensor prediction, Batch batch) => functional.mse_loss(prediction, batch.Target);

    public override IReadOnlyList<string> AnswerColumns(TaskSettings settings, TaskData data) => TablePreparation.Parse(data.Preparation).Targets;
}
