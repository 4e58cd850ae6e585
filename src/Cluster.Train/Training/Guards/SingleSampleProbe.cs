namespace Cluster.Train.Training;

/// <summary>
/// Finds before the first step what a shard of one sample would do: the running variance of a normalization over the batch
/// becomes not a number, though the loss stays finite. A forward pass of such a shard tells, since it depends on the model
/// (one sample of an image has enough values), where the job has such a shard at all.
/// </summary>
internal static class SingleSampleProbe
{
    /// <summary>Makes sure that a job's smallest shards can be trained on.</summary>
    /// <param name="replica">The replica; its buffers are the initial ones again afterwards.</param>
    /// <param name="task">The task's name, for messages.</param>
    /// <param name="plan">The job's batches.</param>
    /// <param name="totalSteps">Steps of the job; a tail beyond them does not count.</param>
    /// <param name="training">The samples.</param>
    /// <exception cref="BadInputException">They cannot; names the buffer and the batch sizes that can.</exception>
    internal static void Verify(ModelReplica replica, string task, BatchPlan plan, long totalSteps, IDataset training)
    {
        if (plan.FirstSingle(totalSteps) is not var (step, shard)
            || !replica.Layout.Tensors.Any(tensor => tensor.Role == TensorRole.FloatBuffer))
        {
            return;
        }

        using var slots = new BatchSlots(training.Fields, samples: 1, slots: 1);
        training.Read([0], epoch: 0, slots.Buffers(slot: 0, training, [0]));
        if (replica.BufferSpoiltBy(slots.BatchIn(slot: 0, samples: 1), step, shard) is { } buffer)
        {
            var isTail = plan.BatchSize / plan.Shards > 1;
            var where = isTail
                ? Invariant($"the last batch of an epoch has {plan.SamplesOf(step)} of the {plan.Samples} samples, and so shard {shard} of {plan.Shards} has one")
                : Invariant($"with --batch-size {plan.BatchSize} a shard of {plan.Shards} has one sample");
            var sizes = string.Join(" or ", BatchSizes.WithoutSingles(plan).Select(size => Invariant($"--batch-size {size}")));
            var remedy = (sizes, isTail) switch
            {
                ("", false) => "give fewer --shards",
                (_, false) => $"give {sizes}",
                ("", true) => "give --tail merge (it goes into the batch before) or --tail drop",
                _ => $"give {sizes}, --tail merge (it goes into the batch before) or --tail drop",
            };
            throw new BadInputException(
                $"task '{task}': {where}, of which '{buffer}' becomes not a number: a normalization over the batch needs two values; {remedy}");
        }
    }
}
