using Cluster.Train.Training;
using TorchSharp;
using TorchSharp.Modules;

namespace Cluster.Train.Tests.Training;

/// <summary>The running variance of one sample is not a number: found before the first step, with what avoids it.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class SingleSampleTests
{
    [Theory]
    [InlineData(129, 64, 1, "the last batch of an epoch has 1 of the 129 samples, and so shard 0 of 1 has one", "--batch-size 63 or --batch-size 65, --tail merge")]
    [InlineData(131, 64, 2, "the last batch of an epoch has 3 of the 131 samples, and so shard 1 of 2 has one", "--batch-size 63 or --batch-size 66, --tail merge")]
    [InlineData(120, 2, 2, "with --batch-size 2 a shard of 2 has one sample", "give --batch-size 4")]
    [InlineData(3, 3, 2, "with --batch-size 3 a shard of 2 has one sample", "give fewer --shards")]
    public async Task A_batch_normalization_over_one_sample_is_refused_before_the_first_step(int samples, int batch, int shards, string where, string remedy)
    {
        var steps = 0;
        var task = Task(samples, Normalized, () => steps++);
        for (var workers = 1; workers <= shards; workers++)
        {
            var run = new LocalRun { Task = task, Workers = workers, Shards = shards, BatchSize = batch };

            var refused = (await Assert.ThrowsAsync<BadInputException>(() => run.RunAsync())).Message;

            Assert.Contains(where, refused, StringComparison.Ordinal);
            Assert.Contains("'norm.running_var' becomes not a number", refused, StringComparison.Ordinal);
            Assert.Contains(remedy, refused, StringComparison.Ordinal);
            Assert.Equal(0, steps);
        }
    }

    [Fact]
    public async Task A_tail_beyond_the_last_step_does_not_matter() => Assert.Equal(
        2, (await new LocalRun { Task = Task(129, Normalized), Shards = 1, BatchSize = 64, Length = new RunLength(null, 2) }.RunAsync()).Steps);

    [Fact]
    public async Task One_image_has_values_enough_and_a_layer_normalization_needs_no_second_sample()
    {
        await Trains(() => Sequential(
            ("grow", torch.nn.Unflatten(1, [1, SmallData.Width, 1])), ("norm", torch.nn.BatchNorm2d(1)), ("flat", torch.nn.Flatten()),
            ("out", torch.nn.Linear(SmallData.Width, SmallData.Classes))));
        await Trains(() => Sequential(
            ("in", torch.nn.Linear(SmallData.Width, 8)), ("norm", torch.nn.LayerNorm(8)), ("out", torch.nn.Linear(8, SmallData.Classes))));

        static async Task Trains(Func<torch.nn.Module> model) =>
            Assert.Equal(6, (await new LocalRun { Task = Task(129, model), Shards = 1, BatchSize = 64 }.RunAsync()).Steps);
    }

    [Theory]
    [InlineData(TailRule.Drop, 2 * 128)]
    [InlineData(TailRule.Merge, 2 * 129)]
    public async Task Without_the_tail_it_trains_to_the_same_bits_on_any_workers(TailRule tail, int samples)
    {
        var run = new LocalRun { Task = Task(129, Normalized), Shards = 4, BatchSize = 64, Tail = tail };
        var one = await run.RunAsync();

        Assert.Equal((samples, 4), (one.Samples, one.Steps));
        Assert.True(double.IsFinite(one.Evaluation!.Loss));
        foreach (var workers in new[] { 2, 4 })
        {
            Assert.Equal(one.ParametersSha256, await (run with { Workers = workers }).HashAsync());
        }
    }

    private static SmallTask Task(int samples, Func<torch.nn.Module> model, Action? onLoss = null) => new()
    {
        Data = () => new TaskData(new SmallData(samples, 1), new SmallData(31, 2)),
        Model = model,
        LossOf = (prediction, batch) =>
        {
            onLoss?.Invoke();
            return torch.nn.functional.cross_entropy(prediction, batch.Target);
        },
    };

    private static Sequential Normalized() => Sequential(
        ("in", torch.nn.Linear(SmallData.Width, 8)), ("norm", torch.nn.BatchNorm1d(8)), ("out", torch.nn.Linear(8, SmallData.Classes)));

    private static Sequential Sequential(params (string Name, torch.nn.Module<torch.Tensor, torch.Tensor> Module)[] parts) => torch.nn.Sequential(parts);
}
