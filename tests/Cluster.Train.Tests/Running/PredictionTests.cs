using System.Globalization;
using Cluster.Train.Running;
using Cluster.Train.Running.Prediction;
using Cluster.Train.Tests.Checkpoints;
using Cluster.Train.Tests.Training;
using Cluster.Train.Training;
using TorchSharp;
using TorchSharp.Modules;

namespace Cluster.Train.Tests.Running;

[Collection(LibtorchGroup.Name)]
public sealed class PredictionTests
{
    private static readonly int[] Rows = [0, 104, 210];

    [Fact]
    public async Task The_bytes_are_the_same_for_any_number_of_workers_under_any_culture()
    {
        using var folder = new TemporaryDirectory();
        var task = new SmallTask { Data = () => new TaskData(new SmallData(96, seed: 1), new SmallData(211, seed: 2)) };
        using var trained = await TrainAsync(task, folder);

        var texts = new List<string>();
        foreach (var culture in (string[])["en-US", "de-DE", "sv-SE", "fa-IR", "ar-SA"])
        {
            Cultures.Under(culture, () => texts.AddRange(Enumerable.Range(1, 3).Select(workers => PredictAsync(task, folder, workers).GetAwaiter().GetResult())));
        }

        var lines = texts[0].Split('\n');
        Assert.Single(texts.Distinct(StringComparer.Ordinal));
        Assert.Equal("prediction_0,prediction_1,prediction_2", lines[0]);
        Assert.Equal(211 + 2, lines.Length);
        using var read = ReadSamples.Of(task.Data().Evaluation, Rows);
        using var expected = trained.Model.Predict(read.Batch);
        Assert.Equal(
            expected.data<float>().ToArray(), Rows.SelectMany(row => Numbers(lines[row + 1])), (one, other) => Math.Abs(one - other) < 1e-5f);
    }

    [Fact]
    public async Task New_samples_need_no_target_and_the_task_says_what_an_answer_means()
    {
        using var folder = new TemporaryDirectory();
        var task = new Named();
        using var trained = await TrainAsync(task, folder);

        var text = await PredictAsync(task, folder, workers: 2, data: "no targets");

        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("class,\"share, at least\"", lines[0]);
        Assert.Equal(6, lines.Length);
        Assert.All(lines[1..], line => Assert.InRange(Numbers(line)[0], 0, 2));
        Assert.All(lines[1..], line => Assert.InRange(Numbers(line)[1], 0.3f, 1));
    }

    [Fact]
    public async Task A_quantity_is_told_in_its_own_unit_where_the_data_says_how_it_was_scaled()
    {
        using var folder = new TemporaryDirectory();
        var task = new SmallTask();
        var scaled = new SmallTask { Data = () => task.Data() with { TargetScaling = new TargetScaling([2, 3, 4], [10, 20, 30]) } };
        using var trained = await TrainAsync(task, folder);

        var plain = Numbers((await PredictAsync(task, folder, workers: 1)).Split('\n')[1]);
        var own = Numbers((await PredictAsync(scaled, folder, workers: 1)).Split('\n')[1]);

        Assert.Equal([(2 * plain[0]) + 10, (3 * plain[1]) + 20, (4 * plain[2]) + 30], own, (one, other) => Math.Abs(one - other) < 1e-5f);
    }

    [Fact]
    public async Task What_cannot_be_predicted_is_told_in_one_line()
    {
        using var folder = new TemporaryDirectory();
        using var trained = await TrainAsync(new Named(), folder);

        Assert.Equal("task 'named' has no samples to predict; give --data, or have the task override OpenNewData", await RefusalAsync(new Named { Rows = 0 }));
        Assert.Equal("task 'named' names 1 columns in AnswerColumns, but its answers have 2 numbers; name each, or none", await RefusalAsync(new Named { Names = ["one"] }));
        Assert.Contains("has no samples to predict", await RefusalAsync(new Named { Rows = 0 }), StringComparison.Ordinal);
        var wrong = await Assert.ThrowsAsync<TrainingFaultException>(() => PredictAsync(new Named { Shape = answer => answer.sum() }, folder, workers: 1));
        Assert.StartsWith("task 'named' answers 5 samples with a tensor of shape []", wrong.Message, StringComparison.Ordinal);

        async Task<string> RefusalAsync(ITrainingTask task) => (await Assert.ThrowsAsync<BadInputException>(() => PredictAsync(task, folder, workers: 2))).Message;
    }

    [Fact]
    public void Samples_are_read_outside_of_training()
    {
        var samples = new SmallData(20, seed: 1);

        using var read = ReadSamples.Of(samples, [3, 19]);
        using var alone = ReadSamples.Of(samples, [19]);

        Assert.Equal(2 * SmallData.Width, read.Floats(0).Length);
        Assert.Equal(alone.Floats(0).ToArray(), read.Floats(0)[SmallData.Width..].ToArray());
        Assert.Equal(alone.Integers(1)[0], read.Integers(1)[1]);
        Assert.Equal([2, SmallData.Width], read.Batch.Input.shape);
        Assert.Throws<ArgumentException>(() => read.Floats(1).Length);
        Assert.Throws<ArgumentException>(() => ReadSamples.Of(samples, []));
    }

    private static float[] Numbers(string line) => [.. line.Split(',').Select(cell => float.Parse(cell, CultureInfo.InvariantCulture))];

    private static async Task<string> PredictAsync(ITrainingTask task, TemporaryDirectory folder, int workers, string? data = null)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        await PredictionRun.RunAsync(new PredictionOptions(task, folder.Root, data, "cpu", workers), output, CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(5));
        return output.ToString();
    }

    private static Task<TrainingResult> TrainAsync(ITrainingTask task, TemporaryDirectory folder)
    {
        var options = TrainingOptions.For(task, workers: 2) with { CheckpointDirectory = folder.Root };
        return Trainer.TrainAsync(task, options with { Definition = options.Definition with { BatchSize = 32, Length = new RunLength(1, null) } })
            .WaitAsync(TimeSpan.FromMinutes(5));
    }

    /// <summary>Answers with the number of the class, and its probability.</summary>
    private sealed class Named : TrainingTask<Sequential>
    {
        public override string Name => "named";

        public int Rows { get; init; } = 5;

        public IReadOnlyList<string> Names { get; init; } = ["class", "share, at least"];

        public Func<torch.Tensor, torch.Tensor> Shape { get; init; } = answer => answer;

        public override TaskData OpenData(TaskSettings settings, string? dataDirectory) => new(new SmallData(96, seed: 1), new SmallData(31, seed: 2));

        public override TaskData OpenNewData(TaskSettings settings, string? dataDirectory, string? preparation) => new(new WithoutTarget(0), new WithoutTarget(Rows));

        public override Sequential CreateModel(TaskSettings settings, TaskData data) => torch.nn.Sequential(torch.nn.Linear(SmallData.Width, SmallData.Classes));

        public override torch.Tensor Predict(Sequential model, Batch batch) => model.forward(batch.Input);

        public override torch.Tensor Loss(torch.Tensor prediction, Batch batch) => torch.nn.functional.cross_entropy(prediction, batch.Target);

        public override torch.Tensor Answer(torch.Tensor prediction, Batch batch)
        {
            var (share, number) = prediction.softmax(1).max(1);
            return Shape(torch.stack([number.to_type(torch.float64), share.to_type(torch.float64)], 1));
        }

        public override IReadOnlyList<string> AnswerColumns(TaskSettings settings, TaskData data) => Names;
    }

    private sealed class WithoutTarget(int count) : IDataset
    {
        public int Count => count;

        public IReadOnlyList<FieldSpec> Fields { get; } = [new("point", FieldType.Float32, SmallData.Width)];

        public string Fingerprint => $"new {count}";

        public void Read(ReadOnlySpan<int> samples, int epoch, BatchBuffers into)
        {
            for (var i = 0; i < samples.Length; i++)
            {
                into.Floats(0).Slice(i * SmallData.Width, SmallData.Width).Fill(samples[i] - 2);
            }
        }
    }
}
