using Cluster.Train.Reduction;

namespace Cluster.Train.Training;

/// <summary>
/// The evaluation batches of one worker's shards, read ahead on a thread of its own that starts with the first
/// evaluation. Kept for the whole generation: what fits into its memory is read once. All members are called on the
/// worker's compute thread; the tensors are on the CPU.
/// </summary>
internal sealed class EvaluationLoader : IDisposable
{
    private readonly PrefetchRing? _ring;
    private readonly EvaluationSequence _sequence;
    private bool _started;

    /// <summary>Reads nothing yet.</summary>
    /// <param name="task">The task's name, for messages.</param>
    /// <param name="dataset">The evaluation samples.</param>
    /// <param name="plan">How they are cut.</param>
    /// <param name="shards">The worker's shards.</param>
    /// <param name="timeout">How long a batch is waited for.</param>
    internal EvaluationLoader(string task, IDataset dataset, EvaluationPlan plan, ShardRange shards, TimeSpan timeout)
        : this(task, dataset, plan, shards, timeout, EveryNth.All)
    {
    }

    /// <summary>The same, for a part of the batches.</summary>
    internal EvaluationLoader(string task, IDataset dataset, EvaluationPlan plan, ShardRange shards, TimeSpan timeout, EveryNth part)
    {
        _sequence = new EvaluationSequence(plan, shards, part);
        if (_sequence.Length > 0)
        {
            _ring = new PrefetchRing(task, dataset, plan.LargestBatch, timeout, Invariant($"evaluation data of shards {shards.First}-{shards.End - 1}"));
        }
    }

    /// <summary>Batches of an evaluation.</summary>
    internal long BatchCount => _sequence.Length;

    /// <summary>
    /// All batches with their shards, in ascending order; none where the shards have no samples. A batch is valid
    /// until the next. To be enumerated to the end or abandoned, but not twice at once.
    /// </summary>
    /// <exception cref="BadInputException">After the last one: whoever took them changed one.</exception>
    /// <exception cref="TrainingFaultException">The dataset threw, or did not answer in time.</exception>
    internal IEnumerable<(int Shard, Batch Batch)> Batches()
    {
        if (_ring is null)
        {
            yield break;
        }

        if (_started)
        {
            _ring.Rewind();
        }
        else
        {
            _ring.Start(_sequence);
            _started = true;
        }

        for (var position = 0L; position < _sequence.Length; position++)
        {
            yield return (_sequence.ShardOf(position), _ring.Next());
        }

        _ring.VerifyKept();
    }

    /// <summary>Ends the thread and frees the tensors.</summary>
    public void Dispose() => _ring?.Dispose();
}
