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
    public async Task A_task_that_begins_to_draw_later_is_refused_with_the_reason()
    {
        var calls = 0;
        var task = new SmallTask
        {
            Forward = (model, batch) =>
            {
                var prediction = ((torch.nn.Module<torch.Tensor, torch.Tensor>)model).forward(batch.Input);
                return Interlocked.Increment(ref calls) < 6 ? prediction : prediction + torch.rand_like(prediction);
            },
        };

        Assert.Contains("outside of seeded forward passes", await new LocalRun { Task = task, Workers = 2 }.FaultAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_gate_seeds_and_tells_whether_somebody_drew()
    {
        static float Draw() => torch.rand(1).item<float>();
        var (drew, first) = RandomGate.Run(7, Draw);
        Assert.True(drew);
        Assert.False(RandomGate.Run(7, () => 0).Drew);
        Assert.Equal(first, RandomGate.Run(7, Draw).Result);
        Assert.NotEqual(first, RandomGate.Run(8, Draw).Result);
        Assert.False(RandomGate.WasBypassed());

        Draw();

        Assert.True(RandomGate.WasBypassed());
        Assert.Throws<InvalidOperationException>(() => RandomGate.Run<int>(7, () =>
        {
            Draw();
            throw new InvalidOperationException();
        }));
        Assert.False(RandomGate.WasBypassed());
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
