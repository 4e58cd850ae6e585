using Cluster.Train.Training;
using CsCheck;

namespace Cluster.Train.Tests.Training.Data;

public class BatchPlanTests
{
    [Theory]
    [InlineData(2501, 128, 3)]
    [InlineData(2500, 128, 4)]
    [InlineData(1, 1, 1)]
    [InlineData(3, 128, 5)]
    [InlineData(129, 128, 128)]
    public void Every_sample_of_an_epoch_is_in_exactly_one_shard_of_one_step(int samples, int batchSize, int shards) =>
        AssertExactlyOnce(new BatchPlan(samples, batchSize, shards));

    [Fact]
    public void Every_sample_is_in_exactly_one_shard_for_arbitrary_sizes() =>
        Gen.Select(Gen.Int[1, 3000], Gen.Int[1, 300], Gen.Int[1, 40])
            .Where(sizes => sizes.Item2 >= sizes.Item3)
            .Sample((samples, batchSize, shards) => AssertExactlyOnce(new BatchPlan(samples, batchSize, shards)), iter: 300);

    [Fact]
    public void A_tail_batch_is_split_over_all_shards()
    {
        var plan = new BatchPlan(2501, 128, 3);
        Assert.Equal(20, plan.StepsPerEpoch);
        Assert.Equal(2501 - (19 * 128), plan.SamplesOf(19));
        Assert.Equal(new ShardSamples(0, 19 * 128, 23), plan.ShardOf(19, 0));
        Assert.Equal(new ShardSamples(0, (19 * 128) + 23, 23), plan.ShardOf(19, 1));
        Assert.Equal(new ShardSamples(0, (19 * 128) + 46, 23), plan.ShardOf(19, 2));
        Assert.Equal(new ShardSamples(1, 0, 43), plan.ShardOf(20, 0));
        Assert.Equal(new ShardSamples(1, 43, 43), plan.ShardOf(20, 1));
        Assert.Equal(new ShardSamples(1, 86, 42), plan.ShardOf(20, 2));
        Assert.Equal(43, plan.LargestShard);
    }

    [Fact]
    public void A_tail_smaller_than_the_shards_leaves_the_last_ones_empty()
    {
        var plan = new BatchPlan(10, 8, 4);
        Assert.Equal([1, 1, 0, 0], Enumerable.Range(0, 4).Select(shard => plan.ShardOf(1, shard).Count));
    }

    [Fact]
    public void A_batch_larger_than_the_data_is_the_whole_epoch()
    {
        var plan = new BatchPlan(10, 1_000_000, 3);
        Assert.Equal(1, plan.StepsPerEpoch);
        Assert.Equal(10, plan.SamplesOf(123));
        Assert.Equal(123, plan.EpochOf(123));
        Assert.Equal(4, plan.LargestShard);
    }

    [Fact]
    public void Sizes_near_the_largest_integer_do_not_overflow()
    {
        var plan = new BatchPlan(int.MaxValue, int.MaxValue - 1, 3);
        Assert.Equal(2, plan.StepsPerEpoch);
        Assert.Equal(1, plan.SamplesOf(1));
        Assert.Equal(new ShardSamples(0, int.MaxValue - 1, 1), plan.ShardOf(1, 0));
    }

    [Fact]
    public void A_batch_smaller_than_the_shards_is_refused_by_the_names_of_both_options()
    {
        var refused = Assert.Throws<BadInputException>(() => new BatchPlan(100, 2, 3));
        Assert.Contains("--batch-size 2", refused.Message, StringComparison.Ordinal);
        Assert.Contains("--shards 3", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_samples_or_no_shards_are_refused()
    {
        Assert.Throws<BadInputException>(() => new BatchPlan(0, 2, 1));
        Assert.Throws<BadInputException>(() => new BatchPlan(5, 2, 0));
    }

    [Fact]
    public void A_shard_that_the_job_does_not_have_is_a_mistake()
    {
        var plan = new BatchPlan(100, 10, 3);
        Assert.Throws<ArgumentOutOfRangeException>(() => plan.ShardOf(0, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => plan.ShardOf(0, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => plan.ShardOf(-1, 0));
    }

    [Fact]
    public void Every_evaluation_sample_is_in_exactly_one_batch_for_arbitrary_sizes() =>
        Gen.Select(Gen.Int[0, 3000], Gen.Int[1, 300], Gen.Int[1, 40]).Sample(
            (samples, batchSize, shards) =>
            {
                var plan = new EvaluationPlan(samples, batchSize, shards);
                var next = 0;
                for (var shard = 0; shard < shards; shard++)
                {
                    for (var index = 0; index < plan.BatchesOf(shard); index++)
                    {
                        var batch = plan.BatchOf(shard, index);
                        Assert.Equal(next, batch.Start);
                        Assert.InRange(batch.Count, 1, plan.LargestBatch);
                        next += batch.Count;
                    }
                }

                Assert.Equal(samples, next);
            },
            iter: 300);

    [Fact]
    public void An_evaluation_batch_has_at_most_four_times_a_shards_samples()
    {
        var plan = new EvaluationPlan(500, 128, 3);
        Assert.Equal(172, plan.BatchSize);
        Assert.Equal([new EvaluationBatch(0, 167)], Enumerable.Range(0, plan.BatchesOf(0)).Select(i => plan.BatchOf(0, i)));
        Assert.Equal(0, new EvaluationPlan(0, 128, 3).LargestBatch);
        Assert.Throws<ArgumentOutOfRangeException>(() => plan.BatchOf(0, 1));
    }

    private static void AssertExactlyOnce(BatchPlan plan)
    {
        foreach (var epoch in new[] { 0, 3 })
        {
            var seen = new int[plan.Samples];
            var order = EpochPermutation.Of(9, epoch, plan.Samples).Span;
            for (var step = (long)epoch * plan.StepsPerEpoch; step < (epoch + 1L) * plan.StepsPerEpoch; step++)
            {
                var inStep = 0;
                for (var shard = 0; shard < plan.Shards; shard++)
                {
                    var samples = plan.ShardOf(step, shard);
                    Assert.Equal(epoch, samples.Epoch);
                    Assert.InRange(samples.Count, 0, plan.LargestShard);
                    inStep += samples.Count;
                    foreach (var sample in order.Slice(samples.Offset, samples.Count))
                    {
                        seen[sample]++;
                    }
                }

                Assert.Equal(plan.SamplesOf(step), inStep);
            }

            Assert.All(seen, count => Assert.Equal(1, count));
        }
    }
}
