using Cluster.Train.Reduction;
using Cluster.Train.Running;
using Cluster.Train.Tests.Checkpoints;
using Cluster.Train.Tests.Training;
using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train.Tests.Running;

/// <summary>Training from code: <see cref="Trainer"/>.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class TrainerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task A_task_is_trained_with_its_own_settings_and_gives_outcome_history_and_model()
    {
        var task = new SmallTask { Model = SmallTask.NormalizedWithDropout };

        using var result = await Trainer.TrainAsync(task, Short(task)).WaitAsync(Patience);

        Assert.True(result.Outcome.Completed);
        Assert.Equal(result.Outcome.Epochs, result.History.Count);
        Assert.Equal(result.Outcome.Evaluation, result.History[^1].Evaluation);
        Assert.Equal((result.Outcome.Steps, result.Outcome.ParametersSha256), (result.Model.Step, result.Model.ParametersSha256));
        Assert.False(result.Model.Module.training);
        Assert.Equal(result.Outcome.Evaluation!.Accuracy!.Value, Accuracy(result.Model, task.Data().Evaluation), 12);
    }

    [Fact]
    public async Task Two_at_once_do_not_disturb_each_other_and_one_that_is_cancelled_gives_what_it_reached()
    {
        using var folder = new TemporaryDirectory();
        var (first, second) = (new SmallTask { Model = SmallTask.NormalizedWithDropout }, new SmallTask());
        using var alone = await Trainer.TrainAsync(first, Short(first)).WaitAsync(Patience);

        using var stop = new CancellationTokenSource();
        var endless = Short(second) with { CheckpointDirectory = folder["checkpoints"] };
        endless = endless with { Definition = endless.Definition with { Length = new RunLength(null, long.MaxValue / 1024) } };
        var running = new TaskCompletionSource();
        var cancelled = Trainer.TrainAsync(second, endless, new Told(running.TrySetResult), stop.Token);
        await running.Task.WaitAsync(Patience);
        using var beside = await Trainer.TrainAsync(first, Short(first)).WaitAsync(Patience);
        await stop.CancelAsync();
        using var reached = await cancelled.WaitAsync(Patience);

        Assert.Equal(alone.Outcome.ParametersSha256, beside.Outcome.ParametersSha256);
        Assert.Equal(Predictions(alone.Model), Predictions(beside.Model));
        Assert.False(reached.Outcome.Completed);
        Assert.InRange(reached.Outcome.Steps, 1, long.MaxValue);
        using var loaded = TrainedModel.Load(second, folder["checkpoints"]);
        Assert.Equal((reached.Model.Step, reached.Model.ParametersSha256), (loaded.Step, loaded.ParametersSha256));
        Assert.Equal(Predictions(reached.Model), Predictions(loaded));
    }

    [Fact]
    public async Task A_job_that_was_done_gives_its_checkpoints_model()
    {
        using var folder = new TemporaryDirectory();
        var task = new SmallTask();
        var options = Short(task) with { CheckpointDirectory = folder["checkpoints"] };
        using var done = await Trainer.TrainAsync(task, options).WaitAsync(Patience);

        using var again = await Trainer.TrainAsync(task, options with { Resume = true }).WaitAsync(Patience);

        Assert.True(again.Outcome.WasDone);
        Assert.Empty(again.History);
        Assert.Equal(Predictions(done.Model), Predictions(again.Model));
    }

    [Fact]
    public async Task What_cannot_be_trained_is_told_in_one_line()
    {
        var empty = new SmallTask { Data = () => new TaskData(new SmallData(0, seed: 1), new SmallData(0, seed: 2)) };
        var failing = new SmallTask { LossOf = (_, _) => throw new InvalidOperationException("no loss today\nat all") };

        Assert.Equal("task 'small' has no training samples", (await Assert.ThrowsAsync<BadInputException>(() => Trainer.TrainAsync(empty))).Message);
        var fault = await Assert.ThrowsAsync<TrainingFaultException>(() => Trainer.TrainAsync(failing, Short(failing)));
        Assert.Contains("no loss today", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Trainer.TrainAsync(new SmallTask(), cancellation: new CancellationToken(canceled: true)));
        var options = Short(new SmallTask());
        await Assert.ThrowsAsync<ArgumentException>(() => Trainer.TrainAsync(new SmallTask(), options with { Definition = options.Definition with { Task = "other" } }));
    }

    /// <summary>Two workers, two epochs.</summary>
    private static TrainingOptions Short(ITrainingTask task)
    {
        var options = TrainingOptions.For(task, workers: 2);
        return options with
        {
            Definition = options.Definition with { Seed = 5, BatchSize = 32, Optimizer = OptimizerSettings.Sgd(0.1f, momentum: 0.9f), Length = new RunLength(2, null) },
        };
    }

    private static float[] Predictions(TrainedModel model)
    {
        using var input = torch.arange(7 * SmallData.Width, torch.float32).reshape(7, SmallData.Width) / 100;
        using var output = model.Predict(input);
        return output.data<float>().ToArray();
    }

    private static double Accuracy(TrainedModel model, IDataset samples)
    {
        using var slots = new BatchSlots(samples.Fields, samples.Count, slots: 1);
        int[] numbers = [.. Enumerable.Range(0, samples.Count)];
        samples.Read(numbers, epoch: -1, slots.Buffers(0, samples, numbers));
        var batch = slots.BatchIn(0, samples.Count);
        using var output = model.Predict(batch);
        using var classes = output.argmax(1);
        using var correct = classes.eq(batch.Target);
        using var sum = correct.sum();
        return (double)sum.item<long>() / samples.Count;
    }

    /// <summary>Is told that steps were done.</summary>
    private sealed class Told(Func<bool> progressed) : IJobObserver
    {
        public void OnRoster(RosterFormed roster)
        {
        }

        public void OnProgress(JobProgress progress) => progressed();

        public void OnEpoch(EpochResult epoch)
        {
        }

        public void OnNotice(string notice)
        {
        }
    }
}
