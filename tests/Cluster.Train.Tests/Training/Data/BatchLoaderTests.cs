using Cluster.Train.Reduction;
using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train.Tests.Training.Data;

public class BatchLoaderTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(2501, 128, 3, 0, 3)]
    [InlineData(2501, 128, 3, 1, 2)]
    [InlineData(50, 8, 4, 2, 4)]
    [InlineData(10, 8, 4, 0, 4)]
    public void Batches_are_the_planned_samples_over_epochs(int samples, int batchSize, int shards, int first, int end)
    {
        var plan = new BatchPlan(samples, batchSize, shards);
        using var loader = Loader(new CountingDataset(samples), plan, new ShardRange(first, end));
        for (var step = 0L; step < 3 * plan.StepsPerEpoch; step++)
        {
            for (var shard = first; shard < end; shard++)
            {
                AssertPlanned(plan, loader.Take(step, shard), step, shard);
            }
        }
    }

    [Fact]
    public void A_batch_has_the_exact_shape_and_its_memory_is_aligned()
    {
        var plan = new BatchPlan(100, 7, 2);
        using var loader = Loader(new CountingDataset(100), plan, new ShardRange(0, 2));
        for (var step = 0; step < 20; step++)
        {
            var batch = loader.Take(step, 0);
            var count = plan.ShardOf(step, 0).Count;
            Assert.Equal([count, 2], batch.Input.shape);
            Assert.Equal([count], batch.Target.shape);
            Assert.Equal(count, batch.Count);
            Assert.Equal(0, Address(batch.Input) % 64);
            Assert.Equal(0, Address(batch.Target) % 64);
            loader.Take(step, 1);
        }
    }

    [Fact]
    public void A_batch_stays_as_it_is_until_the_next_is_taken()
    {
        // The narrowest ring: samples of 16 MB leave two slots.
        var wide = new CountingDataset(6) { Width = 4 << 20 };
        var plan = new BatchPlan(6, 1, 1);
        using var loader = Loader(wide, plan, new ShardRange(0, 1));
        Assert.Equal(2, loader.Depth);
        for (var step = 0; step < 12; step++)
        {
            var batch = loader.Take(step, 0);
            SpinWait.SpinUntil(() => wide.Reads >= step + 2, s_patience);
            AssertPlanned(plan, batch, step, 0);
        }
    }

    [Fact]
    public void An_empty_shard_of_a_tail_gives_an_empty_batch()
    {
        var plan = new BatchPlan(9, 8, 4);
        using var loader = Loader(new CountingDataset(9), plan, new ShardRange(3, 4));
        Assert.Equal(2, loader.Take(0, 3).Count);
        var empty = loader.Take(1, 3);
        Assert.Equal(0, empty.Count);
        Assert.Equal([0, 2], empty.Input.shape);
    }

    [Fact]
    public void The_loader_reads_ahead_only_as_far_as_the_ring_is_deep()
    {
        var dataset = new CountingDataset(100_000);
        using var loader = Loader(dataset, new BatchPlan(100_000, 10, 1), new ShardRange(0, 1));
        Assert.Equal(256, loader.Depth);
        SpinWait.SpinUntil(() => dataset.Reads >= 256, s_patience);
        loader.Take(0, 0);
        Assert.Equal(256, dataset.Reads);
    }

    [Fact]
    public void Nothing_is_read_beyond_the_end_of_the_run()
    {
        var dataset = new CountingDataset(100);
        var source = new BatchSource("t", dataset, new BatchPlan(100, 10, 2), 1, EndStep: 3);
        using var loader = new BatchLoader(source, new ShardRange(0, 2), 1, s_patience);
        for (var step = 1; step < 3; step++)
        {
            loader.Take(step, 0);
            loader.Take(step, 1);
        }

        Assert.Throws<InvalidOperationException>(() => loader.Take(3, 0));
        Assert.Equal(4, dataset.Reads);
    }

    [Fact]
    public void A_batch_out_of_turn_is_a_mistake()
    {
        using var loader = Loader(new CountingDataset(100), new BatchPlan(100, 10, 2), new ShardRange(0, 2));
        Assert.Throws<InvalidOperationException>(() => loader.Take(0, 1));
        loader.Take(0, 0);
        Assert.Throws<InvalidOperationException>(() => loader.Take(1, 0));
        loader.Take(0, 1);
    }

    [Fact]
    public void A_worker_without_shards_reads_nothing()
    {
        var dataset = new CountingDataset(100);
        using (var loader = Loader(dataset, new BatchPlan(100, 10, 2), new ShardRange(1, 1)))
        {
            Assert.Throws<InvalidOperationException>(() => loader.Take(0, 1));
        }

        Assert.Equal(0, dataset.Reads);
    }

    [Fact]
    public void An_exception_of_the_dataset_comes_out_at_its_batch_and_names_it()
    {
        var dataset = new CountingDataset(100)
        {
            BeforeRead = read =>
            {
                if (read == 5)
                {
                    throw new InvalidOperationException("disk\nburnt");
                }
            },
        };
        using var loader = Loader(dataset, new BatchPlan(100, 10, 2), new ShardRange(0, 2));
        for (var i = 0; i < 5; i++)
        {
            loader.Take(i / 2, i % 2);
        }

        var fault = Assert.Throws<TrainingFaultException>(() => loader.Take(2, 1));
        Assert.Equal("task 'counting' failed in Read (data) at step 2, shard 1: disk burnt", fault.Message);
        Assert.IsType<InvalidOperationException>(fault.InnerException);
    }

    [Fact]
    public void A_dataset_that_hangs_is_waited_for_no_longer_than_the_timeout()
    {
        using var release = new ManualResetEventSlim();
        var dataset = new CountingDataset(100) { BeforeRead = _ => release.Wait() };
        var source = new BatchSource("counting", dataset, new BatchPlan(100, 10, 2), 1);
        using var loader = new BatchLoader(source, new ShardRange(0, 2), 4, TimeSpan.FromMilliseconds(50));
        var fault = Assert.Throws<TrainingFaultException>(() => loader.Take(4, 0));
        Assert.Equal("task 'counting': waited 0.05 s for Read (data) at step 4, shard 0", fault.Message);
        release.Set();
    }

    [Fact]
    public void A_slow_dataset_is_waited_for()
    {
        var dataset = new CountingDataset(100) { BeforeRead = _ => Thread.SpinWait(20_000) };
        var plan = new BatchPlan(100, 10, 2);
        using var loader = Loader(dataset, plan, new ShardRange(0, 2));
        for (var step = 0; step < 30; step++)
        {
            AssertPlanned(plan, loader.Take(step, 0), step, 0);
            AssertPlanned(plan, loader.Take(step, 1), step, 1);
        }
    }

    [Fact]
    public void Tensors_survive_the_dispose_scope_of_a_step_and_none_is_left_in_the_end()
    {
        var statistics = DisposeScopeManager.Statistics.TensorStatistics;
        var before = statistics.ThreadTotalLiveCount;
        var plan = new BatchPlan(2501, 128, 3);
        using (var loader = Loader(new CountingDataset(2501), plan, new ShardRange(0, 3)))
        {
            Run(0, 30);
            var warm = statistics.ThreadTotalLiveCount;
            Run(30, 2000);

            // Full batches of two sizes and tails of one, in 256 slots of two fields, and the two blocks.
            Assert.InRange(statistics.ThreadTotalLiveCount, warm, before + (256 * 3 * 2) + 2);
            var full = statistics.ThreadTotalLiveCount;
            Run(2000, 6000);
            Assert.Equal(full, statistics.ThreadTotalLiveCount);

            void Run(long from, long to)
            {
                for (var step = from; step < to; step++)
                {
                    using var scope = torch.NewDisposeScope();
                    for (var shard = 0; shard < 3; shard++)
                    {
                        var batch = loader.Take(step, shard);
                        Assert.False(batch.Input.IsInvalid);
                    }
                }
            }
        }

        Assert.Equal(before, statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Evaluation_batches_cover_the_shards_in_order_again_and_again()
    {
        var dataset = new CountingDataset(500);
        var plan = new EvaluationPlan(500, 16, 3);
        using var loader = new EvaluationLoader("counting", dataset, plan, new ShardRange(1, 3), s_patience);
        Assert.Equal(0, dataset.Reads);
        for (var repeat = 0; repeat < 3; repeat++)
        {
            var numbers = new List<long>();
            foreach (var (shard, batch) in loader.Batches())
            {
                Assert.Equal(numbers.Count < 167 ? 1 : 2, shard);
                numbers.AddRange(batch.Target.data<long>().ToArray());
            }

            Assert.Equal(Enumerable.Range(167, 333).Select(number => (long)number), numbers);
        }

        Assert.Equal(-1, dataset.LastEpoch);
        Assert.Equal(plan.BatchesOf(1) + plan.BatchesOf(2), dataset.Reads);
    }

    [Fact]
    public void Evaluation_data_that_does_not_fit_is_read_each_time()
    {
        var dataset = new CountingDataset(12) { Width = 1 << 20 };
        using var loader = new EvaluationLoader("counting", dataset, new EvaluationPlan(12, 1, 1), new ShardRange(0, 1), s_patience);
        for (var repeat = 0; repeat < 3; repeat++)
        {
            Assert.Equal([0, 4, 8], loader.Batches().Select(batch => batch.Batch.Target[0].item<long>()));
        }

        Assert.Equal(9, dataset.Reads);
    }

    [Fact]
    public void An_evaluation_that_was_abandoned_starts_anew()
    {
        using var loader = new EvaluationLoader("c", new CountingDataset(500), new EvaluationPlan(500, 4, 1), new ShardRange(0, 1), s_patience);
        Assert.Equal(0, loader.Batches().First().Batch.Target[0].item<long>());
        Assert.Equal(500, loader.Batches().Sum(batch => batch.Batch.Count));
    }

    [Fact]
    public void An_evaluation_set_without_samples_has_no_batches()
    {
        using var loader = new EvaluationLoader("c", new CountingDataset(0), new EvaluationPlan(0, 4, 2), new ShardRange(0, 2), s_patience);
        Assert.Empty(loader.Batches());
    }

    private static BatchLoader Loader(IDataset dataset, BatchPlan plan, ShardRange shards) =>
        new(new BatchSource("counting", dataset, plan, 1), shards, 0, s_patience);

    private static void AssertPlanned(BatchPlan plan, Batch batch, long step, int shard)
    {
        var (epoch, offset, count) = plan.ShardOf(step, shard);
        var expected = EpochPermutation.Of(1, epoch, plan.Samples).Slice(offset, count).ToArray();
        Assert.Equal(count, batch.Count);
        Assert.Equal(expected.Select(sample => (long)sample), batch.Target.data<long>().ToArray());
        using var first = batch.Input.select(1, 0).contiguous();
        Assert.Equal(expected.Select(sample => (float)sample), first.data<float>().ToArray());
    }

    private static unsafe nint Address(torch.Tensor tensor)
    {
        fixed (byte* first = tensor.bytes)
        {
            return (nint)first;
        }
    }
}
