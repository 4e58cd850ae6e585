using Cluster.Train.Data;
using Cluster.Train.Reduction;
using Cluster.Train.Training;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Cluster.Train.Cli.Tasks;

/// <summary>Tells a user's images apart, or predicts quantities of them, with a convolutional or a residual network.</summary>
internal sealed class ImagesTask : TrainingTask<ImageNetwork>
{
    private const string Class = "class";

    public override string Name => "images";

    public override string Description => "Tells images apart, or predicts quantities of them: PNG and JPEG files in --data, a folder for each class, or a CSV file.";

    public override JobDefaults Defaults => new(BatchSize: 32, Epochs: 20, OptimizerSettings.AdamW(0.002f));

    public override IReadOnlyList<TaskOption> Options => ImageSettings.Options;

    public override IReadOnlyList<Metric> Metrics(TaskSettings settings) => ImageSettings.IsClass(settings)
        ? [Metric.Accuracy(), Metric.F1(), .. ImageSettings.TopK(settings) is var k and > 0 ? new[] { Metric.TopK(k) } : []]
        : [Metric.RootMeanSquaredError(), Metric.MeanAbsoluteError(), Metric.R2()];

    public override TaskData OpenData(TaskSettings settings, string? dataDirectory)
    {
        var (options, top) = (ImageSettings.Of(settings), ImageSettings.TopK(settings));
        var data = ImageData.Open(dataDirectory, options);
        var classes = ImagePreparation.Parse(data.Preparation).Classes.Count;
        return top <= classes
            ? data
            : throw new BadInputException(Invariant($"--top-k is {settings["top-k"]}, but there are {classes} classes; give at most so many"));
    }

    public override TaskData OpenNewData(TaskSettings settings, string? dataDirectory, string? preparation) => ImageData.OpenNewData(dataDirectory, preparation);

    public override TaskData OpenNewLabelledData(TaskSettings settings, string? dataDirectory, string? preparation)
    {
        var options = ImageSettings.Of(settings);
        return ImageData.OpenNewLabelledData(dataDirectory, preparation, options.Table, options.ClassColumn);
    }

    // From what was fitted alone, so that a trained model is made without any data.
    public override ImageNetwork CreateModel(TaskSettings settings, TaskData data)
    {
        var images = ImagePreparation.Parse(data.Preparation);
        return settings["model"] == "resnet"
            ? ImageNetwork.Residual(images.Layout.Channels, images.Outputs)
            : ImageNetwork.Convolutional(images.Layout.Channels, images.Outputs);
    }

    public override Tensor Predict(ImageNetwork model, Batch batch) => model.forward(batch.Input);

    public override Tensor Loss(Tensor prediction, Batch batch) => batch.Target.dtype == ScalarType.Int64
        ? functional.cross_entropy(prediction, batch.Target)
        : functional.mse_loss(prediction, batch.Target.view(prediction.shape));

    public override Tensor Answer(Tensor prediction, Batch batch)
    {
        if (batch.TargetScaling is not null)
        {
            return base.Answer(prediction, batch);
        }

        var shares = prediction.softmax(1);
        return cat([shares.argmax(1, keepdim: true).to_type(shares.dtype), shares], 1);
    }

    public override IReadOnlyList<string> AnswerColumns(TaskSettings settings, TaskData data)
    {
        var images = ImagePreparation.Parse(data.Preparation);
        return images.Targets.Count > 0 ? images.Targets : [Class, .. images.Classes.Select(name => $"share of {name}")];
    }

    public override IReadOnlyList<string> AnswerLabels(TaskSettings settings, TaskData data, string column) =>
        ImageSettings.IsClass(settings) && column == Class ? ImagePreparation.Parse(data.Preparation).Classes : [];
}
