namespace Cluster.Train.Training;

/// <summary>Batch sizes to propose. Pure.</summary>
internal static class BatchSizes
{
    /// <summary>The nearest size below a plan's own and the nearest above with which no shard has just one sample; as many of them as there are.</summary>
    internal static IEnumerable<int> WithoutSingles(BatchPlan plan)
    {
        for (var size = plan.BatchSize - 1; size >= 2 * plan.Shards; size--)
        {
            if (HasNoSingles(size, plan))
            {
                yield return size;
                break;
            }
        }

        for (var size = plan.BatchSize + 1; size <= plan.Samples; size++)
        {
            if (HasNoSingles(size, plan))
            {
                yield return size;
                break;
            }
        }
    }

    private static bool HasNoSingles(int size, BatchPlan plan) =>
        new BatchPlan(plan.Samples, size, plan.Shards, plan.Tail).FirstSingle(long.MaxValue) is null;
}
