using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Protocol;

/// <summary>
/// One shard's part of an evaluation: sums, so that the whole is exact. Each is added up batch by batch, and the whole shard by
/// shard: this order decides the bits, whoever evaluates.
/// </summary>
/// <param name="CompletedSteps">Steps of the job done when it was made.</param>
/// <param name="Shard">The shard.</param>
/// <param name="LossSum">Sum of the losses of its samples.</param>
/// <param name="Correct">Correct decisions.</param>
/// <param name="Decisions">All decisions.</param>
/// <param name="Samples">Samples.</param>
/// <param name="Metrics">Sums of the task's metrics.</param>
internal sealed record ShardEvaluation(
    long CompletedSteps, int Shard, double LossSum, long Correct, long Decisions, int Samples, MetricSums Metrics)
{
    /// <summary>What the losses count together; null where they count by their samples.</summary>
    internal double? Weight { get; init; }

    /// <summary>The parts of some shards of which nothing has been evaluated yet.</summary>
    internal static ShardEvaluation[] Begin(long completedSteps, ShardRange shards)
    {
        var parts = new ShardEvaluation[shards.Count];
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = new ShardEvaluation(completedSteps, shards.First + i, LossSum: 0, Correct: 0, Decisions: 0, Samples: 0, MetricSums.None);
        }

        return parts;
    }

    /// <summary>The same with one more batch.</summary>
    /// <param name="batch">What the batch gave.</param>
    /// <param name="samples">Its samples.</param>
    internal ShardEvaluation Plus(EvaluationSums batch, int samples) => this with
    {
        LossSum = LossSum + batch.LossSum,
        Correct = Correct + batch.Correct,
        Decisions = Decisions + batch.Total,
        Samples = Samples + samples,
        Metrics = Metrics.Plus(batch.Metrics),
        Weight = batch.Weight is { } weight ? (Weight ?? 0) + weight : Weight,
    };

    /// <summary>The whole evaluation.</summary>
    /// <param name="parts">All shards' parts, in the order of the shards.</param>
    /// <param name="metrics">The task's metrics.</param>
    /// <exception cref="BadInputException">A metric has no value, or the loss; names it.</exception>
    internal static EvaluationResult Whole(IEnumerable<ShardEvaluation> parts, MetricSet metrics)
    {
        double loss = 0;
        double? weight = null;
        long correct = 0, decisions = 0;
        var samples = 0;
        var sums = MetricSums.None;
        foreach (var part in parts)
        {
            loss += part.LossSum;
            weight = part.Weight is { } more ? (weight ?? 0) + more : weight;
            correct += part.Correct;
            decisions += part.Decisions;
            samples += part.Samples;
            sums = sums.Plus(part.Metrics);
        }

        if (weight is <= 0)
        {
            throw new BadInputException("the weights of the evaluation's samples sum up to 0, so their loss has no mean; Weight must be above 0 for some of them");
        }

        var results = metrics.Results(sums);
        return new EvaluationResult(
            loss / (weight ?? samples),
            decisions > 0 ? (double)correct / decisions : results.FirstOrDefault(result => result.Name == MetricSet.Accuracy)?.Value,
            samples)
        {
            Metrics = results,
        };
    }
}
