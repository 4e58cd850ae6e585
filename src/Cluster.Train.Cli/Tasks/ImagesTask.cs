using Cluster.Train.Data;
using Cluster.Train.Reduction;
using Cluster.Train.Training;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Cluster.Train.Cli.Tasks;

/// <summary>Tells a user's images apart, with a convolutional or a residual network.</summary>
internal sealed class ImagesTask : TrainingTask<ImageNetwork>
{
    private const string Class = "class";

    public override string Name => "images";

    public override string Description => "Tells images apart: PNG and JPEG files, a folder for each class, in --data.";

    public override JobDefaults Defaults => new(BatchSize: 32, Epochs: 20, OptimizerSettings.AdamW(0.002f));

    public override IReadOnlyList<TaskOption> Options => ImageSettings.Options;

    public override IReadOnlyList<Metric> Metrics(TaskSettings settings) =>
        [Metric.Accuracy(), Metric.F1(), .. ImageSettings.TopK(settings) is var k and > 0 ? new[] { Metric.TopK(k) } : []];

    public override TaskData OpenData(TaskSettings settings, string? dataDirectory)
    {
        var data = ImageData.Open(dataDirectory, ImageSettings.Of(settings));
        var classes = ImagePreparation.Parse(data.Preparation).Classes.Count;
        return ImageSettings.TopK(settings) <= classes
            ? data
            : throw new BadInputException(Invariant($"--top-k is {settings["top-k"]}, but there are {classes} classes; give at most so many"));
    }

    public override TaskData OpenNewData(TaskSettings settings, string? dataDirectory, string? preparation) => ImageData.OpenNewData(dataDirectory, preparation);

    public override TaskData OpenNewLabelledData(TaskSettings settings, string? dataDirectory, string? preparation) =>
        ImageData.OpenNewLabelledData(dataDirectory, preparation, ImageSettings.Of(settings).Table);

    // From what was fitted alone, so that a trained model is made without any data.
    public override ImageNetwork CreateModel(TaskSettings settings, TaskData data)
    {
        var images = ImagePreparation.Parse(data.Preparation);
        return settings["model"] == "resnet"
            ? ImageNetwork.Residual(images.Layout.Channels, images.Classes.Count)
            : ImageNetwork.Convolutional(images.Layout.Channels, images.Classes.Count);
    }

    public override Tensor Predict(ImageNetwork model, Batch batch) => model.forward(batch.Input);

    public override Tensor Loss(Tensor prediction, Batch batch) => functional.cross_entropy(prediction, batch.Target);

    public override Tensor Answer(Tensor prediction, Batch batch)
    {
        var shares = prediction.softmax(1);
        return cat([shares.argmax(1, keepdim: true).to_type(shares.dtype), shares], 1);
    }

    public override IReadOnlyList<string> AnswerColumns(TaskSettings settings, TaskData data) =>
        [Class, .. ImagePreparation.Parse(data.Preparation).Classes.Select(name => $"share of {name}")];

    public override IReadOnlyList<string> AnswerLabels(TaskSettings settings, TaskData data, string column) =>
        column == Class ? ImagePreparation.Parse(data.Preparation).Classes : [];
}
