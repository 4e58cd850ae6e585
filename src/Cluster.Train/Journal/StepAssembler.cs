using Cluster.Train.Protocol;
using Cluster.Train.Training;

namespace Cluster.Train.Journal;

/// <summary>
/// Puts the workers' reports together to whole steps, one generation at a time and in order. What was done before, in
/// a generation that ended, is marked as replayed. Pure: no clock, no file.
/// </summary>
/// <param name="plan">Which samples belong to which step and shard.</param>
/// <param name="learningRate">The rate of a step's update.</param>
/// <param name="doneBefore">Steps of the job that were done, and told of, before.</param>
internal sealed class StepAssembler(BatchPlan plan, Func<long, float> learningRate, long doneBefore)
{
    private readonly Dictionary<long, (float[] Losses, float[]? Weights)> _pending = [];
    private int _generation;
    private long _next;
    private long _done = doneBefore;

    /// <summary>Steps that were done already, at most: what comes up to here is replayed.</summary>
    internal long Done => _done;

    /// <summary>A generation begins; what is incomplete of the one before is not done.</summary>
    /// <param name="generation">Its number.</param>
    /// <param name="firstStep">Steps of the job done when it begins.</param>
    internal void Begin(int generation, long firstStep)
    {
        _pending.Clear();
        (_generation, _next) = (generation, firstStep);
    }

    /// <summary>Takes a report of the generation.</summary>
    /// <returns>The steps that it completes, in order.</returns>
    internal IEnumerable<JournalStep> Add(StepReport report)
    {
        for (var row = 0; row < report.Steps; row++)
        {
            var step = report.FirstStep + row;
            if (step < _next)
            {
                continue;
            }

            if (!_pending.TryGetValue(step, out var parts))
            {
                _pending[step] = parts = (new float[plan.Shards], report.ShardWeights.IsEmpty ? null : new float[plan.Shards]);
                Array.Fill(parts.Losses, float.NaN);
            }

            for (var column = 0; column < report.Shards.Count; column++)
            {
                var (shard, index) = (report.Shards.First + column, (row * report.Shards.Count) + column);
                parts.Losses[shard] = report.ShardLosses[index];
                if (parts.Weights is { } weights)
                {
                    weights[shard] = report.ShardWeights[index];
                }
            }
        }

        while (_pending.TryGetValue(_next, out var parts) && !Array.Exists(parts.Losses, float.IsNaN))
        {
            _pending.Remove(_next);
            yield return Complete(_next++, parts.Losses, parts.Weights);
        }
    }

    private JournalStep Complete(long step, float[] losses, float[]? weights)
    {
        var loss = LossSum.Of(losses, weights, shard => plan.ShardOf(step, shard).Count).Mean;
        var count = plan.SamplesOf(step);
        var replayed = step < _done;
        _done = Math.Max(_done, step + 1);
        return new JournalStep(
            step + 1, _generation, plan.EpochOf(step) + 1, plan.ShardOf(step, 0).Offset, count, loss, learningRate(step), replayed);
    }
}
