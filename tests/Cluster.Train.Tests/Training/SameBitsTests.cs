using Cluster.Train.Held;
using Cluster.Train.Membership;
using Cluster.Train.Reduction;
using Cluster.Train.Tests.Checkpoints;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Training;

/// <summary>The parameters are a function of the job alone.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class SameBitsTests
{
    private const string Sgd = "sgd", AdamW = "adamw", Lamb = "lamb";

    public static TheoryData<string, string, float?> Jobs => new()
    {
        { "wide", Sgd, null },
        { "wide", AdamW, 0.5f },
        { "normalized", Sgd, 0.5f },
        { "normalized", AdamW, null },
        { "wide", Lamb, null },
        { "normalized", Lamb, 0.5f },
    };

    [Theory]
    [MemberData(nameof(Jobs))]
    public async Task Any_number_of_workers_and_both_topologies_give_the_same_parameters(string model, string optimizer, float? clip)
    {
        var job = Job(model, optimizer) with { ClipNorm = clip };
        var expected = await job.RunAsync();
        Assert.Equal(2 * 20, expected.Steps);
        Assert.Equal(2 * 2501, expected.Samples);

        foreach (var topology in new[] { Topology.Sharded, Topology.Coordinator })
        {
            for (var workers = 1; workers <= 4; workers++)
            {
                var run = job with { Workers = workers, Topology = topology };
                var outcome = await run.RunAsync();
                Assert.Equal((workers, topology, expected.ParametersSha256), (workers, topology, outcome.ParametersSha256));
                Assert.Equal((workers, topology, expected.Loss, expected.Evaluation), (workers, topology, outcome.Loss, outcome.Evaluation));
            }
        }
    }

    [Fact]
    public async Task Another_number_of_shards_is_another_job_and_gives_other_parameters()
    {
        var job = Job("wide", Sgd);

        Assert.NotEqual(await job.HashAsync(), await (job with { Shards = 3 }).HashAsync());
    }

    [Theory]
    [InlineData("wide", AdamW, 1, 3)]
    [InlineData("normalized", Sgd, 3, 2)]
    [InlineData("wide", Lamb, 2, 3)]
    public async Task Two_epochs_and_three_more_from_the_checkpoint_are_five(string model, string optimizer, int before, int after)
    {
        using var folder = new TemporaryDirectory();
        var job = Job(model, optimizer) with { Task = Task(model, samples: 301), BatchSize = 64 };
        var whole = job with { Workers = 2, Length = new RunLength(5, null) };
        var expected = await whole.RunAsync();

        var first = job with { Workers = before, Length = new RunLength(2, null), Checkpoints = folder.Root };
        await first.RunAsync();
        var rest = job with { Workers = after, Length = new RunLength(5, null), Checkpoints = folder.Root, Resume = true };
        var outcome = await rest.RunAsync();

        Assert.Equal(expected.ParametersSha256, outcome.ParametersSha256);
        Assert.Equal(expected.Evaluation, outcome.Evaluation);
        Assert.Equal(expected.Loss, outcome.Loss);
        Assert.Equal(301 * 3, outcome.Samples);
    }

    [Fact]
    public async Task A_job_that_is_done_gives_its_result_again_and_computes_nothing()
    {
        using var folder = new TemporaryDirectory();
        var job = new LocalRun { Checkpoints = folder.Root, Resume = true };
        var first = await job.RunAsync();

        var again = job with { Workers = 3 };
        var outcome = await again.RunAsync();

        Assert.True(outcome is { Completed: true, WasDone: true });
        Assert.Equal(
            (first.ParametersSha256, first.Steps, first.Epochs, first.Loss, first.Evaluation, first.ParameterCount, first.Checkpoint),
            (outcome.ParametersSha256, outcome.Steps, outcome.Epochs, outcome.Loss, outcome.Evaluation, outcome.ParameterCount, outcome.Checkpoint));
        Assert.Equal([$"{first.Checkpoint} is the end of this job: nothing left to do"], again.Notices);
    }

    [Fact]
    public async Task A_checkpoint_that_does_not_fit_is_refused_before_anything_is_said_of_the_data()
    {
        using var folder = new TemporaryDirectory();
        var run = new LocalRun
        {
            Task = new SmallTask { Data = () => new TaskData(new SmallData(96, seed: 1), new SmallData(31, seed: 2)) { Remark = "half of it" } },
            Checkpoints = folder.Root,
        };
        await run.RunAsync();
        // On a slow disk a checkpoint may be passed over, which is told as well.
        Assert.Contains("half of it", run.Notices);
        var resumed = run with { Optimizer = OptimizerSettings.AdamW(0.01f), Resume = true };

        await Assert.ThrowsAsync<BadInputException>(() => resumed.RunAsync());

        Assert.Empty(resumed.Notices);
    }

    [Fact]
    public async Task A_run_stopped_within_an_epoch_goes_on_to_the_same_parameters()
    {
        using var folder = new TemporaryDirectory();
        var job = Job("normalized", AdamW) with { Length = new RunLength(400, null), Workers = 2 };
        using var stop = new CancellationTokenSource();
        var stopped = job with
        {
            Task = Task("normalized", data => new HeldDataset(data, epoch: 1, () => stop.IsCancellationRequested)),
            Checkpoints = folder.Root,
            CheckpointEvery = 100_000,
            Progress = steps => StopAfter(stop, steps),
        };

        var half = await stopped.RunAsync(stop.Token);

        Assert.False(half.Completed);
        Assert.InRange(half.Steps, 1, (400 * 20) - 1);
        // To the next epoch's end but one, so that the test does not depend on where it was stopped.
        var epochs = (int)(half.Steps / 20) + 2;
        var shorter = job with { Length = new RunLength(epochs, null) };
        var resumed = shorter with { Workers = 3, Checkpoints = folder.Root, CheckpointEvery = 100_000, Resume = true };
        var outcome = await resumed.RunAsync();
        Assert.Equal(await shorter.HashAsync(), outcome.ParametersSha256);
        Assert.Equal((long)epochs * 2501, half.Samples + outcome.Samples);
    }

    private static void StopAfter(CancellationTokenSource stop, long steps)
    {
        // Not at a multiple of an epoch's steps, as far as a test can choose.
        if (steps >= 3 && !stop.IsCancellationRequested)
        {
            stop.Cancel();
        }
    }

    private static LocalRun Job(string model, string optimizer) => new()
    {
        Task = Task(model, samples: 2501),
        BatchSize = 128,
        Optimizer = optimizer switch
        {
            Sgd => OptimizerSettings.Sgd(0.05f, momentum: 0.9f),
            AdamW => OptimizerSettings.AdamW(0.01f),
            _ => OptimizerSettings.Lamb(0.01f),
        },
    };

    private static SmallTask Task(string model, int samples) => Task(model, data => data, samples);

    private static SmallTask Task(string model, Func<IDataset, IDataset> alter, int samples = 2501) => new()
    {
        Data = () => new TaskData(alter(new SmallData(samples, seed: 1)), new SmallData(73, seed: 2)),
        Model = model == "wide" ? SmallTask.Wide : SmallTask.NormalizedWithDropout,
    };
}
