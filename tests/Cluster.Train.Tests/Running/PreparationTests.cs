using System.Globalization;
using Cluster.Train.Checkpoints;
using Cluster.Train.Members;
using Cluster.Train.Running;
using Cluster.Train.Running.Prediction;
using Cluster.Train.Tests.Checkpoints;
using Cluster.Train.Tests.Training;
using Cluster.Train.Training;
using TorchSharp;
using TorchSharp.Modules;

namespace Cluster.Train.Tests.Running;

/// <summary>What a task fits on its training samples, on its way to new ones: <see cref="TaskData.Preparation"/>.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class PreparationTests
{
    [Fact]
    public async Task New_samples_are_treated_as_the_training_treated_its_own()
    {
        using var folder = new TemporaryDirectory();
        using var trained = await TrainAsync(new Fitting(), folder);
        using var output = new StringWriter(CultureInfo.InvariantCulture);

        await PredictionRun.RunAsync(new PredictionOptions(new Fitting { Trained = false }, folder.Root, null, "cpu", 1), output, CancellationToken.None);

        Assert.Equal("width 19 é", trained.Model.Preparation);
        Assert.Equal("of width 19 é", output.ToString().Split('\n')[0]);
    }

    [Fact]
    public async Task A_model_made_from_what_was_fitted_needs_no_data()
    {
        using var folder = new TemporaryDirectory();
        using var trained = await TrainAsync(new Fitting(), folder);

        using var loaded = TrainedModel.Load(new Fitting { Trained = false }, folder.Root);

        Assert.Equal("width 19 é", loaded.Preparation);
        Assert.Equal(trained.Model.Step, loaded.Step);
    }

    [Fact]
    public async Task A_task_that_fits_nothing_is_handed_nothing()
    {
        using var folder = new TemporaryDirectory();
        using var trained = await TrainAsync(new Fitting { Fitted = null }, folder);
        using var output = new StringWriter(CultureInfo.InvariantCulture);

        await PredictionRun.RunAsync(new PredictionOptions(new Fitting { Fitted = null }, folder.Root, null, "cpu", 1), output, CancellationToken.None);

        Assert.Null(trained.Model.Preparation);
        Assert.Equal("of ", output.ToString().Split('\n')[0]);
        Assert.DoesNotContain("preparation", await File.ReadAllTextAsync(Path.Combine(Directory.GetDirectories(folder.Root, "step-*")[0], "manifest.json")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_checkpoint_is_not_evaluated_with_data_that_was_fitted_otherwise()
    {
        using var folder = new TemporaryDirectory();
        using var trained = await TrainAsync(new Fitting(), folder);
        using var checkpoint = CheckpointFinder.Load(folder.Root, out _);

        var refusal = await Assert.ThrowsAsync<BadInputException>(() => new CheckpointEvaluator(new Fitting { Fitted = "width 19" }, checkpoint, null, DeviceSpec.Cpu).RunAsync(workers: 1));

        Assert.Contains("was trained on other data: what task 'fitting' fits on its training samples differs", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task New_samples_with_targets_are_all_evaluated_by_what_the_checkpoint_keeps()
    {
        using var folder = new TemporaryDirectory();
        using var trained = await TrainAsync(new Fitting(), folder);

        var fresh = await LocalTraining.EvaluateNewAsync(new Fitting { Trained = false }, folder.Root, null, "cpu");

        Assert.Equal(31, fresh.Samples);
        Assert.Equal(await LocalTraining.EvaluateAsync(new Fitting(), folder.Root, null, "cpu"), fresh);
        var refusal = await Assert.ThrowsAsync<BadInputException>(() => LocalTraining.EvaluateNewAsync(new Fitting { Labelled = 0 }, folder.Root, "there", "cpu"));
        Assert.Equal("task 'fitting' has no samples to evaluate in there", refusal.Message);
    }

    [Fact]
    public void Workers_that_fitted_other_values_do_not_agree_on_the_data()
    {
        string[] fingerprints = [.. new[] { "1", "2", null }.Select(fitted => Process(new Fitting { Fitted = fitted }).DataFingerprint)];

        Assert.Equal(3, fingerprints.Distinct(StringComparer.Ordinal).Count());
        Assert.DoesNotContain("prepared", fingerprints[2], StringComparison.Ordinal);
    }

    [Fact]
    public void More_than_a_message_carries_is_refused_in_one_line()
    {
        var task = new Fitting { Fitted = new string('é', (TaskDataOpener.MostPreparation / 2) + 1) };

        var refusal = Assert.Throws<BadInputException>(() => Process(task).Data);

        Assert.StartsWith("task 'fitting' has a preparation of 262,146 bytes, of 262,144 at most; ", refusal.Message, StringComparison.Ordinal);
    }

    private static ProcessContext Process(ITrainingTask task) =>
        new(task, TrainingOptions.For(task).Definition, dataDirectory: null, stepTimeout: TimeSpan.FromMinutes(1));

    private static Task<TrainingResult> TrainAsync(ITrainingTask task, TemporaryDirectory folder)
    {
        var options = TrainingOptions.For(task, workers: 2) with { CheckpointDirectory = folder.Root };
        return Trainer.TrainAsync(task, options with { Definition = options.Definition with { BatchSize = 32, Length = new RunLength(1, null) } })
            .WaitAsync(TimeSpan.FromMinutes(5));
    }

    /// <summary>A model as wide as was fitted, and answers that name what was handed back.</summary>
    private sealed class Fitting : TrainingTask<Linear>
    {
        public override string Name => "fitting";

        public bool Trained { get; init; } = true;

        public string? Fitted { get; init; } = "width 19 é";

        public override TaskData OpenData(TaskSettings settings, string? dataDirectory) => Trained
            ? new(new SmallData(96, seed: 1), new SmallData(31, seed: 2)) { Preparation = Fitted }
            : throw new BadInputException("the training data is gone");

        public override TaskData OpenNewData(TaskSettings settings, string? dataDirectory, string? preparation) =>
            new(new SmallData(0, seed: 1), new SmallData(31, seed: 2)) { Preparation = preparation is null ? null : "the training's comes in its place" };

        public int Labelled { get; init; } = 31;

        public override TaskData OpenNewLabelledData(TaskSettings settings, string? dataDirectory, string? preparation) => preparation == Fitted
            ? new(new SmallData(0, seed: 1), new SmallData(Labelled, seed: 2))
            : throw new InvalidOperationException("what was fitted did not come");

        public override Linear CreateModel(TaskSettings settings, TaskData data) => data.Preparation == Fitted
            ? torch.nn.Linear(SmallData.Width, SmallData.Classes)
            : throw new InvalidOperationException("the model is not made from what was fitted");

        public override torch.Tensor Predict(Linear model, Batch batch) => model.forward(batch.Input);

        public override torch.Tensor Loss(torch.Tensor prediction, Batch batch) => torch.nn.functional.cross_entropy(prediction, batch.Target);

        public override torch.Tensor Answer(torch.Tensor prediction, Batch batch) => prediction.argmax(1);

        public override IReadOnlyList<string> AnswerColumns(TaskSettings settings, TaskData data) => [$"of {data.Preparation}"];
    }
}
