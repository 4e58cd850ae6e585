using Cluster.Train.Running;
using Cluster.Train.Tests.Checkpoints;
using Cluster.Train.Tests.Training;
using Cluster.Train.Training;
using TorchSharp;
using TorchSharp.Modules;

namespace Cluster.Train.Tests.Running;

/// <summary>A checkpoint's model from code: <see cref="TrainedModel"/>.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class TrainedModelTests
{
    [Fact]
    public async Task Parameters_frozen_ones_and_buffers_are_those_of_the_training()
    {
        using var folder = new TemporaryDirectory();
        var task = new SmallTask { Model = HalfFrozen };
        using var trained = await TrainAsync(task, folder);

        using var loaded = TrainedModel.Load(new SmallTask { Model = HalfFrozen, Data = () => throw new BadInputException("the data is gone") }, folder.Root);

        Assert.Equal(Values(trained.Model.Module), Values(loaded.Module));
        Assert.NotEqual(0, loaded.Module.get_buffer("norm.running_mean")!.abs().sum().item<float>());
        Assert.Equal(trained.Model.Step, loaded.Step);
        Assert.False(loaded.Module.training);
        Assert.False(loaded.Module.get_parameter("in.weight")!.requires_grad);
    }

    [Fact]
    public async Task A_model_that_depends_on_its_data_gets_it()
    {
        using var folder = new TemporaryDirectory();
        var task = new SeesData();
        using (await TrainAsync(task, folder))
        {
        }

        using var loaded = TrainedModel.Load(task, folder.Root);
        using var input = torch.zeros(2, SmallData.Width);
        using var prediction = loaded.Predict(input);

        Assert.Equal([2, SmallData.Classes], prediction.shape);
        Assert.False(prediction.requires_grad);
    }

    [Fact]
    public async Task A_module_of_ones_own_takes_the_values_if_it_has_the_same_parts()
    {
        using var folder = new TemporaryDirectory();
        using var trained = await TrainAsync(new SmallTask { Model = SmallTask.NormalizedWithDropout }, folder);
        using var own = SmallTask.NormalizedWithDropout();
        using var wide = SmallTask.Wide();
        using var other = torch.nn.Sequential(("in", torch.nn.Linear(3, 37)));
        using var larger = torch.nn.Sequential(("own", torch.nn.Linear(1, 1)), ("rest", torch.nn.Linear(1, 1)));

        trained.Model.CopyTo(own);

        Assert.Equal(Values(trained.Model.Module), Values(own));
        Assert.StartsWith("'in.weight' is [101, 19] in the module, [37, 19] in the model of task 'small'", Refusal(wide), StringComparison.Ordinal);
        Assert.StartsWith("'in.weight' is [37, 3] in the module, [37, 19]", Refusal(other), StringComparison.Ordinal);
        Assert.StartsWith("the module has no 'in.weight'", Refusal(larger), StringComparison.Ordinal);

        string Refusal(torch.nn.Module module) => Assert.Throws<BadInputException>(() => trained.Model.CopyTo(module)).Message;
    }

    [Fact]
    public async Task What_is_not_there_damaged_or_of_another_model_is_refused_in_one_line()
    {
        using var folder = new TemporaryDirectory();
        using (await TrainAsync(new SmallTask(), folder))
        {
        }

        Assert.Contains("is not there", Refusal(new SmallTask(), folder["nowhere"]), StringComparison.Ordinal);
        Assert.Contains("is of a model with other tensors: its 'in.weight' is [101, 19], this job's [37, 19]", Refusal(new SmallTask { Model = SmallTask.NormalizedWithDropout }, folder.Root), StringComparison.Ordinal);
        Assert.Contains("is of task 'small', not 'seeing'", Refusal(new SeesData(), folder.Root), StringComparison.Ordinal);
        foreach (var checkpoint in Directory.GetDirectories(folder.Root, "step-*"))
        {
            var file = Path.Combine(checkpoint, "model.safetensors");
            var bytes = await File.ReadAllBytesAsync(file);
            bytes[^1] ^= 1;
            await File.WriteAllBytesAsync(file, bytes);
        }

        Assert.Contains("model.safetensors is damaged", Refusal(new SmallTask(), folder.Root), StringComparison.Ordinal);

        static string Refusal(ITrainingTask task, string path) => Assert.Throws<BadInputException>(() => TrainedModel.Load(task, path)).Message;
    }

    [Fact]
    public async Task Random_numbers_of_a_prediction_are_the_same_each_time()
    {
        using var folder = new TemporaryDirectory();
        var drawing = new SmallTask
        {
            Forward = (model, batch) => ((Sequential)model).forward(batch.Input) + (model.training ? 0 : torch.rand(1)),
        };
        using var trained = await TrainAsync(drawing, folder);
        using var input = torch.zeros(2, SmallData.Width);

        using var once = trained.Model.Predict(input);
        using var again = trained.Model.Predict(input);

        Assert.Equal(once.data<float>().ToArray(), again.data<float>().ToArray());
    }

    private static Task<TrainingResult> TrainAsync(ITrainingTask task, TemporaryDirectory folder)
    {
        var options = TrainingOptions.For(task, workers: 2) with { CheckpointDirectory = folder.Root };
        return Trainer.TrainAsync(task, options with { Definition = options.Definition with { BatchSize = 32, Length = new RunLength(1, null) } })
            .WaitAsync(TimeSpan.FromMinutes(5));
    }

    private static Sequential HalfFrozen()
    {
        var model = SmallTask.NormalizedWithDropout();
        model.get_parameter("in.weight")!.requires_grad = false;
        return model;
    }

    private static string[] Values(torch.nn.Module module) =>
        [.. module.state_dict().Select(pair => $"{pair.Key} {string.Join(' ', TensorValues.Floats(pair.Value.to_type(torch.float32)))}")];

    /// <summary>A task whose model has as many outputs as its data has classes.</summary>
    private sealed class SeesData : TrainingTask<Sequential>
    {
        public override string Name => "seeing";

        public override TaskData OpenData(TaskSettings settings, string? dataDirectory) => new(new SmallData(96, seed: 1), new SmallData(31, seed: 2));

        public override Sequential CreateModel(TaskSettings settings, TaskData data) =>
            torch.nn.Sequential(torch.nn.Linear(data.Training.Fields[0].Elements, SmallData.Classes));

        public override torch.Tensor Predict(Sequential model, Batch batch) => model.forward(batch.Input);

        public override torch.Tensor Loss(torch.Tensor prediction, Batch batch) => torch.nn.functional.cross_entropy(prediction, batch.Target);
    }
}
