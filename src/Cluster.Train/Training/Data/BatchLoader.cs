using Cluster.Train.Reduction;

namespace Cluster.Train.Training;

/// <summary>What a loader reads from, the same for all workers of a job.</summary>
/// <param name="Task">The task's name, for messages.</param>
/// <param name="Dataset">The training samples.</param>
/// <param name="Plan">Which of them belong to which step and shard.</param>
/// <param name="Seed">The job's seed, for the order of the samples.</param>
/// <param name="EndStep">One past the last step of the run; nothing beyond it is read.</param>
internal sealed record BatchSource(string Task, IDataset Dataset, BatchPlan Plan, long Seed, long EndStep = long.MaxValue)
{
    /// <summary>The order of the samples; null for the usual one.</summary>
    internal EpochOrder? Order { get; init; }
}

/// <summary>
/// The training batches of one worker, read ahead on a thread of its own (no libtorch there). All members are called
/// on the worker's compute thread. The tensors are on the CPU, whatever the replica's device.
/// </summary>
internal sealed class BatchLoader : IDisposable
{
    private readonly PrefetchRing _ring;
    private readonly ShardRange _shards;
    private long _step;
    private int _shard;

    /// <summary>Begins to read.</summary>
    /// <param name="source">What to read.</param>
    /// <param name="shards">The worker's shards; may be empty.</param>
    /// <param name="firstStep">The first step that will be taken.</param>
    /// <param name="timeout">How long <see cref="Take"/> waits for the dataset.</param>
    internal BatchLoader(BatchSource source, ShardRange shards, long firstStep, TimeSpan timeout)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstStep);
        if (shards.First < 0 || shards.End < shards.First || shards.End > source.Plan.Shards)
        {
            throw new ArgumentOutOfRangeException(nameof(shards), shards, Invariant($"the job has {source.Plan.Shards} shards"));
        }

        _ring = new PrefetchRing(source.Task, source.Dataset, source.Plan.LargestShard, timeout, Invariant($"data of shards {shards.First}-{shards.End - 1}"));
        _ring.Start(new TrainingSequence(source.Plan, source.Seed, shards, firstStep, source.EndStep, source.Order));
        (_shards, _step, _shard) = (shards, firstStep, shards.First);
    }

    /// <summary>Shard batches that can be ahead, the one in use included.</summary>
    internal int Depth => _ring.Depth;

    /// <summary>
    /// The samples of one shard of one step: tensors of exactly <c>[samples of the shard, …]</c>, valid until the next
    /// call. Steps and, within them, the worker's shards are taken in ascending order, none left out; a shard that is
    /// empty in a tail gives a batch of count 0.
    /// </summary>
    /// <exception cref="TrainingFaultException">The dataset threw, or did not answer in time.</exception>
    /// <exception cref="InvalidOperationException">It is another batch's turn.</exception>
    internal Batch Take(long step, int shard)
    {
        if (step != _step || shard != _shard)
        {
            throw new InvalidOperationException(Invariant($"step {step}, shard {shard} was asked for; the next batch is step {_step}, shard {_shard}"));
        }

        var batch = _ring.Next();
        _shard++;
        if (_shard == _shards.End)
        {
            _shard = _shards.First;
            _step++;
        }

        return batch;
    }

    /// <summary>Ends the thread and frees the tensors.</summary>
    public void Dispose() => _ring.Dispose();
}
