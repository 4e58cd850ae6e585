using Cluster.Train.Membership;
using Cluster.Train.Reduction;
using Cluster.Train.Running;
using Cluster.Train.Tests.Hosting;
using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train.Tests.Training;

/// <summary>Evaluations of the parameters' moving average; its numbers against PyTorch's are in GroupReferenceTests.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class MovingAverageTests
{
    // Steps that do not fill the last epoch: evaluations within the run, and at its end.
    private static LocalRun Job => new()
    {
        Task = new SmallTask { Model = SmallTask.NormalizedWithDropout },
        Ema = 0.9f,
        Optimizer = OptimizerSettings.AdamW(0.05f),
        Length = new RunLength(null, 8),
    };

    [Fact]
    public async Task The_average_is_evaluated_and_training_is_as_without_it()
    {
        LocalRun run = Job, plain = Job with { Ema = null };

        var (hash, evaluations) = await Of(run);
        var (expected, others) = await Of(plain);

        Assert.Equal(expected, hash);
        Assert.Equal([3, 6, 8], run.Epochs.Select(epoch => epoch.CompletedSteps));
        Assert.All(evaluations.Zip(others), pair => Assert.NotEqual(pair.Second!.Loss, pair.First!.Loss));
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(3, false)]
    [InlineData(2, true)]
    public async Task The_evaluations_do_not_depend_on_who_owns_what(int workers, bool coordinator)
    {
        var expected = await Of(Job with { ClipNorm = 0.5f });

        var actual = await Of(Job with { ClipNorm = 0.5f, Workers = workers, Topology = coordinator ? Topology.Coordinator : Topology.Sharded });

        Assert.Equal(expected.Hash, actual.Hash);
        Assert.Equal(expected.Evaluations, actual.Evaluations);
    }

    [Fact]
    public async Task A_checkpoint_has_both_and_is_evaluated_as_the_job_evaluates()
    {
        using var folder = new TemporaryFolder();
        var (hash, evaluations) = await Of(Job);
        var begun = Job with { Checkpoints = folder.Path, Length = new RunLength(null, 4) };
        await begun.RunAsync();

        var resumed = Job with { Checkpoints = folder.Path, Resume = true, Workers = 3 };
        var (sameHash, later) = await Of(resumed);
        var evaluated = await LocalTraining.EvaluateAsync(resumed.Task, folder.Path, dataDirectory: null, "cpu");

        Assert.Equal(hash, sameHash);
        Assert.Equal(evaluations[1..], later);
        Assert.Equal(evaluations[^1], evaluated);
    }

    [Fact]
    public async Task The_model_in_the_user_s_hands_is_the_average()
    {
        using var folder = new TemporaryFolder();
        var task = new SmallTask();
        var options = TrainingOptions.For(task, workers: 2) with { CheckpointDirectory = folder.Path };
        var job = options.Definition with { Shards = 4, Ema = 0.9f, Length = new RunLength(null, 8) };

        using var trained = await Trainer.TrainAsync(task, options with { Definition = job });
        using var plain = await Trainer.TrainAsync(task, options with { Definition = job with { Ema = null }, CheckpointDirectory = null });
        using var loaded = TrainedModel.Load(task, folder.Path);

        var expected = Answer(trained.Model);
        Assert.Equal(expected, Answer(loaded));
        Assert.NotEqual(expected, Answer(plain.Model));
        Assert.Equal(plain.Outcome.ParametersSha256, trained.Outcome.ParametersSha256);
    }

    private static float[] Answer(TrainedModel model)
    {
        using var input = torch.ones(3, SmallData.Width);
        using var prediction = model.Predict(input);
        return prediction.data<float>().ToArray();
    }

    private static async Task<(string Hash, EvaluationResult?[] Evaluations)> Of(LocalRun run)
    {
        var hash = await run.HashAsync();
        return (hash, [.. run.Epochs.Select(epoch => epoch.Evaluation)]);
    }
}
