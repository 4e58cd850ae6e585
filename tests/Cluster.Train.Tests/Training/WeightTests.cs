using Cluster.Train.Membership;
using Cluster.Train.Reduction;
using Cluster.Train.Running;
using Cluster.Train.Tests.Hosting;
using Cluster.Train.Training;
using Cluster.Train.Verification;
using TorchSharp;
using Xunit.Abstractions;

namespace Cluster.Train.Tests.Training;

/// <summary>Losses that are means over something else than samples, on shards that hold very different numbers of that.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class WeightTests(ITestOutputHelper output)
{
    // Two samples a shard, half of all without a token: shards whose loss is not a number are among them.
    private static LocalRun Job => new()
    {
        Task = Weighted,
        Shards = 16,
        Optimizer = OptimizerSettings.Sgd(0.5f, momentum: 0.9f),
        Length = new RunLength(null, 50),
    };

    private static SmallTask Weighted => Tokens(TokenData.Weight);

    [Theory]
    [InlineData(null)]
    [InlineData(0.05f)]
    public async Task Shards_give_what_one_process_gives_for_the_whole_batch(float? clip)
    {
        // One shard is the plain loop: its loss is the mean over the whole batch, and no weight has a part in it.
        var whole = await (Job with { Task = Tokens(weight: null), Shards = 1, ClipNorm = clip }).ValuesAsync();
        var shards = await (Job with { Workers = 3, ClipNorm = clip }).ValuesAsync();

        Assert.Equal(whole.Length, shards.Length);
        Assert.All(whole.Zip(shards), pair => Assert.Equal(pair.First, pair.Second, 2e-6f * Math.Max(1, Math.Abs(pair.First))));
    }

    [Fact]
    public async Task Losses_are_those_of_the_whole_batch_too()
    {
        // Steps that change nothing, each an epoch of one batch: its loss is the evaluation's of the same samples.
        var task = new SmallTask
        {
            Data = () => new TaskData(new TokenData(32, seed: 1), new TokenData(32, seed: 1)),
            Model = TokenData.Model,
            LossOf = TokenData.Loss,
            CountOf = (_, _) => default,
            Weight = TokenData.Weight,
        };
        var expected = await EpochAsync(shards: 1);
        var actual = await EpochAsync(shards: 16);

        Assert.Equal(expected.Loss, actual.Loss, 1e-6);
        Assert.Equal(expected.Loss, actual.Evaluation!.Loss, 1e-6);
        Assert.Equal(expected.Loss, expected.Evaluation!.Loss, 1e-6);

        async Task<EpochResult> EpochAsync(int shards)
        {
            var run = Job with { Task = task, Shards = shards, Optimizer = OptimizerSettings.Sgd(0), Length = new RunLength(1, null) };
            await run.RunAsync();
            return Assert.Single(run.Epochs);
        }
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(3, false)]
    [InlineData(4, false)]
    [InlineData(2, true)]
    public async Task The_bits_do_not_depend_on_the_workers(int workers, bool coordinator)
    {
        var expected = await LossesAsync(Job);

        var actual = await LossesAsync(Job with { Workers = workers, Topology = coordinator ? Topology.Coordinator : Topology.Sharded });

        Assert.Equal(expected.Hash, actual.Hash);
        Assert.Equal(expected.Losses, actual.Losses);
    }

    [Fact]
    public async Task The_trained_model_is_given_and_loaded()
    {
        using var folder = new TemporaryFolder();
        var options = TrainingOptions.For(Weighted, workers: 2);
        options = options with { Definition = options.Definition with { Length = new RunLength(null, 3) }, CheckpointDirectory = folder.Path };

        using var result = await Trainer.TrainAsync(Weighted, options);
        using var loaded = TrainedModel.Load(Weighted, folder.Path);

        Assert.Equal(result.Outcome.ParametersSha256, loaded.ParametersSha256);
        Assert.Equal(Values(result.Model.Module), Values(loaded.Module));

        static float[] Values(torch.nn.Module module) => [.. module.parameters().SelectMany(parameter => TensorValues.Floats(parameter.detach()))];
    }

    [Fact]
    public async Task All_ways_of_exchange_and_of_recovery_agree()
    {
        var report = await JobVerification.RunAsync(Weighted, new VerificationOptions
        {
            Definition = new JobDefinition
            {
                Task = "small",
                Seed = 5,
                Shards = 8,
                BatchSize = 32,
                Optimizer = OptimizerSettings.AdamW(0.01f),
                ClipNorm = 0.1f,
                Length = new RunLength(null, 12),
            },
        });

        output.WriteLine($"{report}");
        Assert.True(report.AllAgree, $"{report}");
    }

    [Theory]
    [InlineData(double.NaN, "task 'small' returned a weight of NaN at step 0, shard ")]
    [InlineData(-1, "task 'small' returned a weight of -1 at step 0, shard ")]
    [InlineData(0, "the weights of step 0 sum up to 0, so its loss has no mean; Weight must be above 0 for some sample of each batch")]
    public async Task What_is_no_weight_ends_the_run_before_a_step(double weight, string expected)
    {
        var run = Job with { Task = Tokens(_ => weight), Shards = 2 };

        Assert.Contains(expected, await run.FaultAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Targets_that_are_left_out_are_told_of_where_the_task_has_no_weights()
    {
        var data = () => new TaskData(new TokenData(320, seed: 1), new TokenData(0, seed: 2));

        var told = await NoticesAsync(weight: null);
        var quiet = await NoticesAsync(TokenData.Weight);

        Assert.Contains(told, notice => notice.EndsWith("say in Weight how many are not left out, or give --shards 1", StringComparison.Ordinal));
        Assert.DoesNotContain(quiet, notice => notice.Contains("ignore_index", StringComparison.Ordinal));

        async Task<IReadOnlyList<string>> NoticesAsync(Func<Batch, double>? weight)
        {
            var run = Job with
            {
                Task = new SmallTask { Data = data, Model = TokenData.Model, LossOf = TokenData.Loss, Weight = weight },
                Shards = 2,
                BatchSize = 320,
                Length = new RunLength(null, 1),
            };
            await run.RunAsync();
            return run.Notices;
        }
    }

    private static SmallTask Tokens(Func<Batch, double>? weight) => new()
    {
        Data = () => new TaskData(new TokenData(320, seed: 1), new TokenData(75, seed: 2)),
        Model = TokenData.Model,
        LossOf = TokenData.Loss,
        // Evaluations of some shards have no token either: only with weights is that no fault.
        CountOf = (_, _) => default,
        Weight = weight,
    };

    private static async Task<(string Hash, (double Loss, double? Evaluation)[] Losses)> LossesAsync(LocalRun run)
    {
        var hash = await run.HashAsync();
        return (hash, [.. run.Epochs.Select(epoch => (epoch.Loss, epoch.Evaluation?.Loss))]);
    }
}
