using Cluster.Train.Coordination;
using Cluster.Train.Protocol;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Coordination;

public sealed class StepLedgerTests
{
    [Fact]
    public void The_loss_of_a_step_is_the_mean_over_its_samples_not_over_its_shards()
    {
        var ledger = new StepLedger(0, stepsPerEpoch: 10, shards: 2, (_, shard) => shard == 0 ? 3 : 1, evaluateEvery: null, totalSteps: 10, MetricSet.None);

        ledger.Add(Report(0, new ShardRange(0, 2), [1f, 5f]));

        Assert.Equal(2.0, ledger.Loss);
        Assert.Equal(4, ledger.CompletedSamples);
    }

    [Fact]
    public void A_step_is_complete_when_all_shards_have_reported_in_whatever_order()
    {
        var ledger = Ledger(totalSteps: 3, stepsPerEpoch: 3);

        ledger.Add(Report(0, new ShardRange(1, 2), [1f, 2f, 3f]));
        Assert.Equal(0, ledger.CompletedSteps);
        ledger.Add(Report(0, new ShardRange(0, 1), [3f]));
        Assert.Equal(1, ledger.CompletedSteps);
        var epochs = ledger.Add(Report(1, new ShardRange(0, 1), [4f, 5f]));

        Assert.Equal(3, ledger.CompletedSteps);
        var epoch = Assert.Single(epochs);
        Assert.Equal(3.0, epoch.Loss);
        Assert.Equal(4.0, ledger.Loss);
    }

    [Fact]
    public void Replayed_steps_count_once()
    {
        var ledger = Ledger(totalSteps: 2, stepsPerEpoch: 2);

        ledger.Add(Report(0, new ShardRange(0, 2), [1f, 1f]));
        ledger.Add(Report(0, new ShardRange(0, 2), [1f, 1f, 2f, 2f]));

        Assert.Equal(2, ledger.CompletedSteps);
        Assert.Equal(16, ledger.CompletedSamples);
        Assert.Equal(1.5, ledger.EpochLoss);
    }

    [Fact]
    public void A_ledger_that_returns_to_a_marked_step_counts_what_follows_once()
    {
        var ledger = Ledger(totalSteps: 4, stepsPerEpoch: 4);
        ledger.Mark(1);
        ledger.Add(Report(0, new ShardRange(0, 2), [1f, 1f, 2f, 2f]));
        ledger.Add(Report(2, new ShardRange(0, 1), [3f]));

        ledger.ReturnTo(1);

        Assert.Equal(1, ledger.CompletedSteps);
        Assert.Equal(8, ledger.CompletedSamples);
        // What a member of the old generation said of step 2 is forgotten, too.
        ledger.Add(Report(1, new ShardRange(0, 2), [2f, 2f]));
        ledger.Add(Report(2, new ShardRange(1, 2), [3f]));
        Assert.Equal(2, ledger.CompletedSteps);
        Assert.Equal(16, ledger.CompletedSamples);
        Assert.Equal(1.5, ledger.EpochLoss);
    }

    [Fact]
    public void A_mark_is_there_again_when_its_step_is_replayed()
    {
        var ledger = Ledger(totalSteps: 4, stepsPerEpoch: 4);
        ledger.Add(Report(0, new ShardRange(0, 2), [1f, 1f, 2f, 2f]));
        ledger.ReturnTo(0);
        ledger.Mark(2);
        Assert.Null(ledger.Marked(2));

        ledger.Add(Report(0, new ShardRange(0, 2), [1f, 1f, 2f, 2f]));

        Assert.Equal(16, ledger.Marked(2)!.Samples);
        ledger.DropMarked(3);
        Assert.Null(ledger.Marked(2));
        Assert.Equal(0, ledger.Marked(0)!.Samples);
    }

    [Fact]
    public void A_shard_reported_twice_does_not_stand_for_one_that_is_missing()
    {
        var ledger = Ledger(totalSteps: 2, stepsPerEpoch: 2);

        ledger.Add(Report(0, new ShardRange(0, 1), [1f]));
        ledger.Add(Report(0, new ShardRange(0, 1), [1f]));
        Assert.Equal(0, ledger.CompletedSteps);
        ledger.Add(Report(0, new ShardRange(1, 2), [3f]));

        Assert.Equal(1, ledger.CompletedSteps);
        Assert.Equal(2.0, ledger.Loss);
    }

    [Fact]
    public void An_epoch_waits_for_its_evaluation_whose_sums_make_exact_means()
    {
        var ledger = new StepLedger(0, 1, shards: 2, (_, _) => 4, evaluateEvery: 1, totalSteps: 2, MetricSet.None);

        Assert.Empty(ledger.Add(Report(0, new ShardRange(0, 1), [1f], new ShardEvaluation(1, 0, 6.0, 2, 3, 3, MetricSums.None))));
        var epochs = ledger.Add(Report(0, new ShardRange(1, 2), [1f], new ShardEvaluation(1, 1, 2.0, 1, 1, 1, MetricSums.None)));

        var evaluation = Assert.Single(epochs).Evaluation!;
        Assert.Equal(2.0, evaluation.Loss);
        Assert.Equal(0.75, evaluation.Accuracy);
        Assert.Equal(4, evaluation.Samples);
    }

    [Fact]
    public void A_task_that_counts_nothing_has_no_accuracy()
    {
        var ledger = new StepLedger(0, 1, shards: 1, (_, _) => 4, evaluateEvery: 1, totalSteps: 1, MetricSet.None);

        var epochs = ledger.Add(Report(0, new ShardRange(0, 1), [1f], new ShardEvaluation(1, 0, 6.0, 0, 0, 3, MetricSums.None)));

        Assert.Null(Assert.Single(epochs).Evaluation!.Accuracy);
    }

    [Fact]
    public void A_run_that_goes_on_counts_from_its_first_step()
    {
        var ledger = new StepLedger(firstStep: 5, 5, shards: 1, (_, _) => 4, evaluateEvery: null, totalSteps: 10, MetricSet.None);

        ledger.Add(Report(5, new ShardRange(0, 1), [1f, 2f]));

        Assert.Equal(7, ledger.CompletedSteps);
        Assert.Equal(8, ledger.CompletedSamples);
    }

    [Fact]
    public void A_job_that_ends_within_an_epoch_closes_it()
    {
        var ledger = Ledger(totalSteps: 2, stepsPerEpoch: 5);

        var epoch = Assert.Single(ledger.Add(Report(0, new ShardRange(0, 2), [1f, 1f, 3f, 3f])));

        Assert.Equal((1, 2L, 2.0), (epoch.Epoch, epoch.CompletedSteps, epoch.Loss));
    }

    private static StepLedger Ledger(long totalSteps, long stepsPerEpoch) =>
        new(0, stepsPerEpoch, shards: 2, (_, _) => 4, evaluateEvery: null, totalSteps, MetricSet.None);

    private static StepReport Report(long first, ShardRange shards, float[] losses, params ShardEvaluation[] evaluations) =>
        new("id", 1, first, losses.Length / shards.Count, shards, [.. losses], [.. evaluations], Seconds: 0.1);
}
