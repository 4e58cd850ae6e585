using Cluster.Train.Protocol;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Protocol;

public sealed class ShardEvaluationTests
{
    [Fact]
    public void Batches_make_shards_and_shards_make_the_whole()
    {
        var parts = ShardEvaluation.Begin(completedSteps: 8, new ShardRange(2, 4));

        parts[0] = parts[0].Plus(new EvaluationSums(1.5, Correct: 2, Total: 4, MetricSums.None), samples: 4).Plus(new EvaluationSums(0.5, Correct: 1, Total: 1, MetricSums.None), samples: 1);
        parts[1] = parts[1].Plus(new EvaluationSums(4, Correct: 0, Total: 3, MetricSums.None), samples: 3);

        Assert.Equal(new ShardEvaluation(8, 2, LossSum: 2, Correct: 3, Decisions: 5, Samples: 5, MetricSums.None), parts[0]);
        Assert.Equal(new ShardEvaluation(8, 3, LossSum: 4, Correct: 0, Decisions: 3, Samples: 3, MetricSums.None), parts[1]);
        Assert.Equal(new EvaluationResult(0.75, 0.375, 8), ShardEvaluation.Whole(parts, MetricSet.None));
    }

    [Fact]
    public void A_shard_is_added_up_before_the_whole_is()
    {
        // In one sum over all batches each small loss would be lost in the large one before it.
        var parts = ShardEvaluation.Begin(completedSteps: 1, new ShardRange(0, 2));
        parts[0] = parts[0].Plus(new EvaluationSums(9007199254740992, 0, 0, MetricSums.None), samples: 1);
        parts[1] = parts[1].Plus(new EvaluationSums(1, 0, 0, MetricSums.None), samples: 1).Plus(new EvaluationSums(1, 0, 0, MetricSums.None), samples: 1);

        Assert.Equal(9007199254740994, ShardEvaluation.Whole(parts, MetricSet.None).Loss * 3);
    }

    [Fact]
    public void Where_nothing_is_decided_there_is_no_accuracy()
    {
        var parts = ShardEvaluation.Begin(completedSteps: 1, new ShardRange(0, 1));

        Assert.Null(ShardEvaluation.Whole([parts[0].Plus(new EvaluationSums(1, 0, 0, MetricSums.None), samples: 2)], MetricSet.None).Accuracy);
    }
}
