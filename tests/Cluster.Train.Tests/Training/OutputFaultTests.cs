using Cluster.Train.Reduction;
using Cluster.Train.Running;
using Cluster.Train.Training;
using static TorchSharp.torch;

namespace Cluster.Train.Tests.Training;

/// <summary>What tasks of several outputs, and losses that see the module, must not do: one line each, before it costs a step.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class OutputFaultTests
{
    public static TheoryData<string, string> Refused => new()
    {
        { "text", "task 'crooked': Predict must return a tensor, or a tuple of 1 to 7 tensors, but output 1 is a String" },
        { "null", "task 'crooked' returned null as output 1 from Predict at step 0, shard 0" },
        { "batch", "task 'crooked': Loss changed batch.Input in place at step 0, shard 0; " },
        { "backward", "task 'crooked': Predict or Loss added to the gradient of 'weight' at step 0, shard 0, which would count twice; return the loss and leave backward() to the trainer, or use torch.autograd.grad" },
        { "own optimizer", "task 'crooked': Predict or Loss changed parameter 'weight' at step 0, shard 0, which only the job's optimizer may: " },
        { "mode", "task 'crooked': 'the model' was put into evaluation mode by Predict or Loss; call train() and eval() in CreateModel only" },
        { "vector", "task 'crooked' returned a loss of shape [24] and type Float32 at step 0, shard 0; it must be one float32, the mean over the batch" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task It_is_refused_by_name(string what, string expected)
    {
        var task = new CrookedTask(what);
        var error = await Assert.ThrowsAnyAsync<Exception>(() => Trainer.TrainAsync(task, Options(task)));

        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.True(error is BadInputException or TrainingFaultException, $"{error}");
    }

    [Fact]
    public async Task A_task_that_wraps_one_of_several_outputs_is_told_how()
    {
        var task = new Wrapped(new HeadsTask());
        var error = await Assert.ThrowsAsync<TrainingFaultException>(() => Trainer.TrainAsync(task, Options(task)));

        Assert.StartsWith(
            "task 'heads' failed in Loss at step 0, shard 0: task 'heads' needs all of its outputs here, and was given the first; a task that wraps it must derive from TrainingTask<TModel, TPrediction>, too",
            error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gradients_of_gradients_are_fine()
    {
        var task = new CrookedTask("penalty");
        using var result = await Trainer.TrainAsync(task, Options(task));

        Assert.Equal(3, result.Outcome.Steps);
    }

    private static TrainingOptions Options(ITrainingTask task) => TrainingOptions.For(task) with
    {
        Definition = JobDefinition.For(task) with { Shards = 1, BatchSize = 24, Optimizer = OptimizerSettings.Sgd(0.01f), Length = new RunLength(null, 3) },
    };

    private sealed class CrookedTask(string what) : TrainingTask<TorchSharp.Modules.Linear, (Tensor Main, object? More)>
    {
        public override string Name => "crooked";

        public override TaskData OpenData(TaskSettings settings, string? dataDirectory) => new(OutputReference.Instance, OutputReference.Instance);

        public override TorchSharp.Modules.Linear CreateModel(TaskSettings settings, TaskData data) => nn.Linear(6, 3);

        public override (Tensor Main, object? More) Predict(TorchSharp.Modules.Linear model, Batch batch) =>
            (model.forward(batch.Input), what switch { "text" => "text", "null" => null, _ => batch.Input.mul(2) });

        public override Tensor Loss((Tensor Main, object? More) prediction, Batch batch, LossContext<TorchSharp.Modules.Linear> context)
        {
            var losses = nn.functional.cross_entropy(prediction.Main, batch.Target, reduction: nn.Reduction.None);
            switch (what)
            {
                case "batch":
                    batch.Input.add_(1);
                    break;
                case "backward" when context.IsTraining:
                    losses.mean().backward(retain_graph: true);
                    break;
                case "own optimizer" when context.IsTraining:
                    using (no_grad())
                    {
                        context.Model.weight!.mul_(0.99f);
                    }

                    break;
                case "mode" when context.IsTraining:
                    context.Model.eval();
                    break;
                case "vector":
                    return losses;
                case "penalty" when context.IsTraining:
                    var gradient = autograd.grad([losses.mean()], [context.Model.weight!], retain_graph: true, create_graph: true)[0];
                    return losses.mean() + gradient.pow(2).sum();
            }

            return losses.mean();
        }
    }

    private sealed class Wrapped(ITrainingTask task) : ITrainingTask
    {
        public string Name => task.Name;

        public string Description => task.Description;

        public TaskData OpenData(TaskSettings settings, string? dataDirectory) => task.OpenData(settings, dataDirectory);

        public nn.Module CreateModel(TaskSettings settings, TaskData data) => task.CreateModel(settings, data);

        public Tensor Predict(nn.Module model, Batch batch) => task.Predict(model, batch);

        public Tensor Loss(Tensor prediction, Batch batch) => task.Loss(prediction, batch);
    }
}
