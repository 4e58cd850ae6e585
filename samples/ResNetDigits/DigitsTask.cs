using Cluster.Train.Data;
using Cluster.Train.Reduction;
using Cluster.Train.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ResNetDigits;

/// <summary>Handwritten digits from a folder for each.</summary>
internal sealed class DigitsTask : TrainingTask<Sequential>
{
    private static readonly ImageOptions Images = new()
    {
        Layout = new ImageLayout { Height = 16, Width = 16, Colour = ImageColour.Grey },
        Augmentation = [ImageTransform.RandomCrop(1), ImageTransform.Contrast(0.3)],
        EvaluationShare = 0.25,
    };

    public override string Name => "digits";

    public override JobDefaults Defaults => new(BatchSize: 32, Epochs: 20, OptimizerSettings.AdamW(0.005f)) { Schedule = ScheduleSettings.Cosine(warmupSteps: 0) };

    public override IReadOnlyList<Metric> Metrics(TaskSettings settings) => [Metric.Accuracy(), Metric.TopK(2), Metric.F1()];

    public override TaskData OpenData(TaskSettings settings, string? dataDirectory) => ImageData.Open(dataDirectory, Images);

    public override TaskData OpenNewData(TaskSettings settings, string? dataDirectory, string? preparation) => ImageData.OpenNewData(dataDirectory, preparation);

    public override TaskData OpenNewLabelledData(TaskSettings settings, string? dataDirectory, string? preparation) => ImageData.OpenNewLabelledData(dataDirectory, preparation);

    public override Sequential CreateModel(TaskSettings settings, TaskData data) => Sequential(
        Conv2d(1, 8, 3, padding: 1, bias: false), BatchNorm2d(8), ReLU(),
        new Block(8, 16, stride: 2), new Block(16, 32, stride: 2), AvgPool2d(4), Flatten(), Linear(32, 10));

    public override Tensor Predict(Sequential model, Batch batch) => model.forward(batch.Input);

    public override Tensor Loss(Tensor prediction, Batch batch) => functional.cross_entropy(prediction, batch.Target);

    public override Tensor Answer(Tensor prediction, Batch batch) => prediction.argmax(1);
}
