namespace Cluster.Train.Training;

/// <summary>Finds before the first step that a metric cannot be had of the model's predictions, which the first evaluation would find.</summary>
internal static class MetricProbe
{
    /// <summary>Asks a task's metrics for the sums of the first evaluation batch, where it has metrics.</summary>
    /// <param name="replica">The replica, not bound yet.</param>
    /// <param name="plan">How the evaluation samples are cut.</param>
    /// <param name="evaluation">These samples.</param>
    /// <exception cref="BadInputException">A metric failed, or gave no numbers; names it.</exception>
    internal static void Verify(ModelReplica replica, EvaluationPlan plan, IDataset evaluation)
    {
        if (!replica.HasMetrics || evaluation.Count == 0)
        {
            return;
        }

        var samples = plan.BatchOf(shard: 0, index: 0).Count;
        using var slots = new BatchSlots(evaluation.Fields, samples, slots: 1);
        int[] numbers = [.. Enumerable.Range(0, samples)];
        evaluation.Read(numbers, epoch: -1, slots.Buffers(slot: 0, evaluation, numbers));
        replica.TryMetrics(slots.BatchIn(slot: 0, samples));
    }
}
