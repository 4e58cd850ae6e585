using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train.Tests.Training;

/// <summary>libtorch has one random generator a process; what workers draw from it must not depend on timing.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class RandomNumbersTests
{
    [Fact]
    public async Task Numbers_drawn_in_the_loss_are_the_same_whoever_draws_them() => await SameOnAnyWorkers(new SmallTask
    {
        LossOf = (prediction, batch) => torch.nn.functional.cross_entropy(prediction + (torch.randn_like(prediction) * 0.1f), batch.Target),
    });

    [Fact]
    public async Task Numbers_drawn_in_evaluation_disturb_no_other_workers_training() => await SameOnAnyWorkers(new SmallTask
    {
        Model = SmallTask.NormalizedWithDropout,
        Forward = (model, batch) =>
        {
            var prediction = ((torch.nn.Module<torch.Tensor, torch.Tensor>)model).forward(batch.Input);
            return model.training ? prediction : prediction + torch.rand_like(prediction);
        },
    });

    [Fact]
    public async Task Numbers_drawn_in_some_forward_passes_only_are_the_same_whoever_draws_them() => await SameOnAnyWorkers(new SmallTask
    {
        // As with stochastic depth: whether a layer is left out depends on what comes.
        Model = Normalized,
        Forward = (model, batch) =>
        {
            var prediction = ((torch.nn.Module<torch.Tensor, torch.Tensor>)model).forward(batch.Input);
            return model.training && Rare(batch) ? torch.nn.functional.dropout(prediction, 0.5, training: true) : prediction;
        },
    });

    [Fact]
    public async Task A_normal_number_drawn_late_is_noticed_too() => await SameOnAnyWorkers(new SmallTask
    {
        Forward = (model, batch) =>
        {
            var prediction = ((torch.nn.Module<torch.Tensor, torch.Tensor>)model).forward(batch.Input);
            return Rare(batch) ? prediction + torch.randn(1) : prediction;
        },
    });

    [Fact]
    public async Task A_first_draw_in_a_later_step_is_computed_again_from_the_buffers_of_the_step()
    {
        // Every shard is computed twice, the second time seeded; a running mean that was moved twice would show.
        var calls = 0;
        var late = new SmallTask { Model = Normalized, Forward = (model, batch) => Drawn(model, batch, ++calls > 1) };
        var always = new SmallTask { Model = Normalized, Forward = (model, batch) => Drawn(model, batch, draws: true) };
        var run = new LocalRun { Task = always, Length = new RunLength(6, null) };

        // The first shard is the same in both: what it draws is not used.
        Assert.Equal(await run.HashAsync(), await (run with { Task = late }).HashAsync());

        static torch.Tensor Drawn(torch.nn.Module model, Batch batch, bool draws)
        {
            var prediction = ((torch.nn.Module<torch.Tensor, torch.Tensor>)model).forward(batch.Input);
            return draws ? prediction + (torch.rand(1) * 0) : prediction;
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Data_code_that_draws_from_libtorch_is_refused_before_the_first_step(int workers)
    {
        // Without effect on the sample: what Read gives would be compared otherwise.
        var run = Drawing(workers, (_, into) => into.Floats(0)[0] += 0 * torch.rand(1).item<float>());

        var error = await Assert.ThrowsAsync<BadInputException>(() => run.RunAsync());

        Assert.Contains("Read draws random numbers from libtorch's default generator", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Data_code_that_draws_from_libtorch_later_ends_the_run_with_the_reason(int workers)
    {
        var run = Drawing(workers, (epoch, into) => into.Floats(0)[0] += epoch > 1 ? 0 * torch.rand(1).item<float>() : 0);

        Assert.Contains("outside of Predict and Loss", await run.FaultAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_another_run_of_the_process_drew_is_not_told_of_this_one()
    {
        await new LocalRun { Length = new RunLength(2, null) }.RunAsync();
        _ = torch.rand(1).item<float>();
        Assert.True(RandomGate.WasBypassedSince(RandomGate.Bypasses));

        await new LocalRun { Workers = 3, Length = new RunLength(2, null) }.RunAsync();
    }

    private static LocalRun Drawing(int workers, Action<int, BatchBuffers> read)
    {
        var task = new SmallTask
        {
            Data = () => new TaskData(
                new AlteredData(new SmallData(96, 1))
                {
                    ReadOf = (numbers, epoch, into) =>
                    {
                        new SmallData(96, 1).Read(numbers, epoch, into);
                        read(epoch, into);
                    },
                },
                new SmallData(31, 2)),
        };
        return new LocalRun { Task = task, Workers = workers, Length = new RunLength(40, null) };
    }

    [Fact]
    public void The_gate_seeds_and_tells_whether_somebody_drew()
    {
        static float Draw() => torch.rand(1).item<float>();
        // What a task of another test drew before is looked for first.
        RandomGate.WasBypassedSince(0);
        var before = RandomGate.Bypasses;
        var (drew, first) = RandomGate.Run(7, Draw);
        Assert.True(drew);
        Assert.False(RandomGate.Run(7, () => 0).Drew);
        Assert.Equal(first, RandomGate.Run(7, Draw).Result);
        Assert.NotEqual(first, RandomGate.Run(8, Draw).Result);
        Assert.False(RandomGate.WasBypassedSince(before));

        Draw();

        // For whoever asks, however often.
        Assert.True(RandomGate.WasBypassedSince(before));
        Assert.True(RandomGate.WasBypassedSince(before));
        before = RandomGate.Bypasses;
        Assert.Throws<InvalidOperationException>(() => RandomGate.Run<int>(7, () =>
        {
            Draw();
            throw new InvalidOperationException();
        }));
        Assert.False(RandomGate.WasBypassedSince(before));
    }

    [Fact]
    public void Seeds_of_steps_and_shards_are_all_different()
    {
        var seeds =
            from seed in new long[] { -1, 0, 1, 2 }
            from step in Enumerable.Range(0, 100)
            from shard in Enumerable.Range(0, 32)
            select RandomGate.ShardSeed(seed, step, shard);

        Assert.Equal(4 * 100 * 32, seeds.Distinct().Count());
        Assert.All(seeds, seed => Assert.True(seed >= 0));
    }

    [Fact]
    public async Task Each_compute_thread_has_its_own_number_of_libtorch_threads()
    {
        using var two = new ComputeThread("two", 2, portable: false);
        Assert.Equal(2, await two.RunAsync(torch.get_num_threads));
        // A thread that starts now would take over the two of the other one.
        using var one = new ComputeThread("one", 1, portable: false);
        using var three = new ComputeThread("three", 3, portable: false);
        for (var round = 0; round < 2; round++)
        {
            Assert.Equal(1, await one.RunAsync(torch.get_num_threads));
            Assert.Equal(3, await three.RunAsync(torch.get_num_threads));
            Assert.Equal(2, await two.RunAsync(torch.get_num_threads));
        }
    }

    private static TorchSharp.Modules.Sequential Normalized() => torch.nn.Sequential(
        ("in", torch.nn.Linear(SmallData.Width, 37)), ("norm", torch.nn.BatchNorm1d(37)), ("bend", torch.nn.ReLU()), ("out", torch.nn.Linear(37, SmallData.Classes)));

    private static bool Rare(Batch batch) => batch.Input[0, 0].item<float>() > 0.8f;

    private static async Task SameOnAnyWorkers(SmallTask task)
    {
        var job = new LocalRun { Task = task, Length = new RunLength(6, null) };
        var expected = await job.RunAsync();
        for (var workers = 2; workers <= 4; workers++)
        {
            var run = job with { Workers = workers };
            var outcome = await run.RunAsync();
            Assert.Equal((workers, expected.ParametersSha256), (workers, outcome.ParametersSha256));
            Assert.Equal((workers, expected.Evaluation), (workers, outcome.Evaluation));
        }
    }
}
