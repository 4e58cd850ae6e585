using Cluster.Train.Training;

namespace Cluster.Train.Tests.Training.Data;

public sealed class SpreadSamplesTests
{
    [Fact]
    public void The_first_the_last_and_those_between_are_taken_evenly()
    {
        var spread = new SpreadSamples(new CountingDataset(11), 5);

        Assert.Equal(5, spread.Count);
        Assert.Equal([0L, 2L, 5L, 7L, 10L], (long[])SampleReader.Read(spread, 0, 1, 2, 3, 4)[1]);
        Assert.Equal("counting spread 5", spread.Fingerprint);
    }

    [Theory]
    [InlineData(2, 3)]
    [InlineData(1_000, 1_001)]
    [InlineData(7, 2_000_000_000)]
    public void No_sample_is_taken_twice(int count, int of)
    {
        var spread = new SpreadSamples(new CountingDataset(of), count);

        int[] numbers = [.. Enumerable.Range(0, count).Select(spread.NumberOf)];

        Assert.Equal(numbers.Distinct().Order(), numbers);
        Assert.Equal((0, of - 1), (numbers[0], numbers[^1]));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(-1)]
    public void A_sample_outside_is_a_mistake(int sample) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SampleReader.Read(new SpreadSamples(new CountingDataset(11), 5), sample));

    [Theory]
    [InlineData(12, 4)]
    [InlineData(64, 4)]
    [InlineData(128, 1)]
    [InlineData(8, 8)]
    [InlineData(7, 3)]
    public void A_limited_evaluation_still_has_batches_of_different_sizes_in_every_shard(int batchSize, int shards)
    {
        var limit = EvaluationLimit.Of(new JobDefinition
        {
            Task = "counting",
            Seed = 0,
            Shards = shards,
            BatchSize = batchSize,
            Optimizer = Cluster.Train.Reduction.OptimizerSettings.Sgd(0.1f),
            Length = new RunLength(null, 1),
        });

        var limited = limit.Within(new CountingDataset(100_000));

        Assert.Equal((10 * batchSize) - 1, limited.Count);
        Assert.Equal(100_000, limit.Given);
        var plan = new EvaluationPlan(limited.Count, batchSize, shards);
        Assert.All(Enumerable.Range(0, shards), shard =>
            Assert.True(plan.BatchesOf(shard) > 1 && plan.BatchOf(shard, plan.BatchesOf(shard) - 1).Count < plan.BatchSize));
    }

    [Fact]
    public void Few_samples_are_all_evaluated()
    {
        var few = new CountingDataset(19);

        Assert.Same(few, new EvaluationLimit(19).Within(few));
    }
}
