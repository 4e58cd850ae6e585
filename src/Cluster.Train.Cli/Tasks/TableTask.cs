using Cluster.Train.Data;
using Cluster.Train.Reduction;
using Cluster.Train.Training;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Cluster.Train.Cli.Tasks;

/// <summary>A multilayer perceptron that predicts classes or quantities from the other columns of a user's table.</summary>
internal sealed class TableTask : TrainingTask<TableNetwork>
{
    public override string Name => "table";

    public override string Description => "Predicts a column of a table, a CSV or Parquet file in --data.";

    public override JobDefaults Defaults => new(BatchSize: 32, Epochs: 50, OptimizerSettings.AdamW(0.003f));

    public override IReadOnlyList<TaskOption> Options => TableSettings.Options;

    public override IReadOnlyList<Metric> Metrics(TaskSettings settings) => TableSettings.IsClass(settings)
        ? [Metric.Accuracy(), Metric.F1()]
        : [Metric.RootMeanSquaredError(), Metric.MeanAbsoluteError(), Metric.R2()];

    public override TaskData OpenData(TaskSettings settings, string? dataDirectory)
    {
        var options = TableSettings.Of(settings);
        _ = TableSettings.Hidden(settings);
        _ = TableSettings.Dropout(settings);
        var path = FileOf(dataDirectory);
        var test = settings["test-file"];
        return TableSettings.Named(() => TableDataset.Open(path, options, test.Length > 0 ? Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, test) : null));
    }

    public override TaskData OpenNewData(TaskSettings settings, string? dataDirectory, string? preparation) =>
        TableSettings.Named(() => TableDataset.OpenNewData(FileOf(dataDirectory), TableSettings.Of(settings), preparation));

    public override TaskData OpenNewLabelledData(TaskSettings settings, string? dataDirectory, string? preparation) =>
        TableSettings.Named(() => TableDataset.OpenNewLabelledData(FileOf(dataDirectory), TableSettings.Of(settings), preparation));

    // From what was fitted alone, so that a trained model is made without any data.
    public override TableNetwork CreateModel(TaskSettings settings, TaskData data)
    {
        var table = TablePreparation.Parse(data.Preparation);
        return new TableNetwork(table.Width, table.CategoryCounts, TableSettings.Hidden(settings), TableSettings.Dropout(settings), table.Outputs);
    }

    public override Tensor Predict(TableNetwork model, Batch batch) => model.forward(batch.Input, model.Embeds ? batch[2] : null);

    public override Tensor Loss(Tensor prediction, Batch batch) => batch.Target.dtype == ScalarType.Int64
        ? functional.cross_entropy(prediction, batch.Target)
        : functional.mse_loss(prediction, batch.Target);

    public override Tensor Answer(Tensor prediction, Batch batch)
    {
        if (batch.Target.dtype != ScalarType.Int64)
        {
            return base.Answer(prediction, batch);
        }

        var shares = prediction.softmax(1);
        return cat([shares.argmax(1, keepdim: true).to_type(shares.dtype), shares], 1);
    }

    public override IReadOnlyList<string> AnswerColumns(TaskSettings settings, TaskData data)
    {
        var table = TablePreparation.Parse(data.Preparation);
        return [.. table.Targets, .. table.Classes.Select(name => $"share of {name}")];
    }

    public override IReadOnlyList<string> AnswerLabels(TaskSettings settings, TaskData data, string column)
    {
        var table = TablePreparation.Parse(data.Preparation);
        return table.Targets[0] == column ? table.Classes : [];
    }

    private static string FileOf(string? path) => path is null
        ? throw new BadInputException("task 'table' needs --data: a CSV or Parquet file")
        : Directory.Exists(path)
            ? throw new BadInputException($"--data is '{path}', a folder; task 'table' needs a CSV or Parquet file")
            : path;
}
