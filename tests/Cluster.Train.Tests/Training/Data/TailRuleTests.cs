using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Training;

public sealed class TailRuleTests
{
    [Theory]
    [InlineData(10, 4, TailRule.Keep, "4 4 2")]
    [InlineData(10, 4, TailRule.Drop, "4 4")]
    [InlineData(10, 4, TailRule.Merge, "4 6")]
    [InlineData(12, 4, TailRule.Drop, "4 4 4")]
    [InlineData(12, 4, TailRule.Merge, "4 4 4")]
    [InlineData(3, 4, TailRule.Merge, "3")]
    public void An_epochs_batches_follow_the_rule(int samples, int batchSize, TailRule tail, string expected)
    {
        var plan = new BatchPlan(samples, batchSize, 2, tail);
        var sizes = Enumerable.Range(0, plan.StepsPerEpoch).Select(step => plan.SamplesOf(step)).ToArray();

        Assert.Equal(expected, string.Join(' ', sizes));
        Assert.Equal(sizes.Max(), 2 * plan.LargestShard - (sizes.Max() % 2));
        // Epoch after epoch, without a gap or an overlap.
        for (var step = 0L; step < 3 * plan.StepsPerEpoch; step++)
        {
            var (first, second) = (plan.ShardOf(step, 0), plan.ShardOf(step, 1));
            Assert.Equal(plan.SamplesOf(step), first.Count + second.Count);
            Assert.Equal(first.Offset + first.Count, second.Offset);
            Assert.Equal(step % plan.StepsPerEpoch == 0 ? 0 : sizes.Take((int)(step % plan.StepsPerEpoch)).Sum(), first.Offset);
        }
    }

    [Fact]
    public void A_rule_that_leaves_no_batch_is_refused() => Assert.Contains(
        "--tail drop leaves nothing", Assert.Throws<BadInputException>(() => new BatchPlan(3, 4, 2, TailRule.Drop)).Message, StringComparison.Ordinal);

    [Fact]
    public void Only_another_rule_than_the_default_stands_in_a_jobs_canonical_form()
    {
        var job = new JobDefinition
        {
            Task = "t",
            Seed = 1,
            Shards = 2,
            BatchSize = 4,
            Optimizer = OptimizerSettings.Sgd(0.1f),
            Length = new RunLength(1, null),
        };

        Assert.DoesNotContain("tail", job.Canonical().Keys);
        Assert.Equal("merge", (job with { Tail = TailRule.Merge }).Canonical()["tail"]);
        Assert.Equal("drop", (job with { Tail = TailRule.Drop }).Canonical()["tail"]);
        Assert.NotEqual(job.Hash(), (job with { Tail = TailRule.Drop }).Hash());
    }

    [Theory]
    [InlineData(64, 1, "63 65")]
    [InlineData(129, 1, "127")]
    [InlineData(2, 2, "5")]
    public void Proposed_batch_sizes_leave_no_shard_with_one_sample(int batchSize, int shards, string expected) =>
        Assert.Equal(expected, string.Join(' ', BatchSizes.WithoutSingles(new BatchPlan(129, batchSize, shards))));
}
