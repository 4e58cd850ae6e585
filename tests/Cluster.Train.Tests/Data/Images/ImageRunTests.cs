using Cluster.Train.Data;
using Cluster.Train.Reduction;
using Cluster.Train.Tests.Training;
using Cluster.Train.Training;
using static TorchSharp.torch.nn;

namespace Cluster.Train.Tests.Data.Images;

/// <summary>Trainings on augmented images.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class ImageRunTests
{
    [Fact]
    public async Task Any_number_of_workers_gives_the_same_parameters_with_augmentation_and_so_does_a_second_run()
    {
        using var files = ImageFiles.OfClasses(12, "a", "b", "c");
        var job = new LocalRun
        {
            Task = new SmallTask
            {
                Data = () =>
                {
                    var (training, evaluation) = ImageDataset.FromFolder(files.Root, ImageFiles.Small).Split(0.25);
                    var normalization = ImageNormalization.Of(training);
                    return new TaskData(
                        training.NormalizedBy(normalization).AugmentedBy(ImageTransform.HorizontalFlip(), ImageTransform.RandomCrop(2), ImageTransform.Contrast(0.3)),
                        evaluation.NormalizedBy(normalization));
                },
                Model = () => Sequential(("convolution", Conv2d(3, 4, 3, padding: 1)), ("norm", BatchNorm2d(4)), ("bend", ReLU()), ("flat", Flatten()), ("out", Linear(4 * 64, 3))),
            },
            BatchSize = 8,
            Optimizer = OptimizerSettings.AdamW(0.01f),
        };
        var expected = await job.RunAsync();

        foreach (var workers in new[] { 1, 2, 4 })
        {
            var outcome = await (job with { Workers = workers }).RunAsync();
            Assert.Equal((workers, expected.ParametersSha256, expected.Evaluation), (workers, outcome.ParametersSha256, outcome.Evaluation));
        }
    }
}
