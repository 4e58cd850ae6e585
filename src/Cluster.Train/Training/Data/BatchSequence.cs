using Cluster.Train.Reduction;

namespace Cluster.Train.Training;

/// <summary>The batches that a loader reads one after the other. <see cref="At"/> is called on the loader thread only.</summary>
internal abstract class BatchSequence
{
    /// <summary>Number of batches.</summary>
    internal abstract long Length { get; }

    /// <summary>Whether the same batches are taken again and again.</summary>
    internal virtual bool Repeats => false;

    /// <summary>The samples of a batch, valid until the next call, and their epoch.</summary>
    internal abstract (ReadOnlyMemory<int> Samples, int Epoch) At(long position);

    /// <summary>Which batch it is, for messages; callable on any thread.</summary>
    internal abstract string Describe(long position);
}

/// <summary>The shards of one worker, step after step.</summary>
internal sealed class TrainingSequence(BatchPlan plan, long seed, ShardRange shards, long firstStep, long endStep, EpochOrder? order = null) : BatchSequence
{
    private int _epoch = -1;
    private ReadOnlyMemory<int> _order;

    internal override long Length { get; } = Math.Min(Math.Max(0, endStep - firstStep), long.MaxValue / Math.Max(1, shards.Count)) * shards.Count;

    internal override (ReadOnlyMemory<int> Samples, int Epoch) At(long position)
    {
        var (step, shard) = StepAndShardAt(position);
        var (epoch, offset, count) = plan.ShardOf(step, shard);
        if (epoch != _epoch)
        {
            _order = order?.Of(epoch) ?? EpochPermutation.Of(seed, epoch, plan.Samples);
            _epoch = epoch;
        }

        return (_order.Slice(offset, count), epoch);
    }

    internal override string Describe(long position)
    {
        var (step, shard) = StepAndShardAt(position);
        return Invariant($"step {step}, shard {shard}");
    }

    /// <summary>Step and shard of a position.</summary>
    internal (long Step, int Shard) StepAndShardAt(long position) =>
        (firstStep + (position / shards.Count), shards.First + (int)(position % shards.Count));
}

/// <summary>Whose share of a list it is: of so many parts, the elements first, first + of, first + 2 of, …</summary>
/// <param name="First">The first element's index.</param>
/// <param name="Of">The parts.</param>
internal readonly record struct EveryNth(int First, int Of)
{
    internal static EveryNth All { get; } = new(0, 1);
}

/// <summary>The evaluation batches of some shards, or a part of them, shard after shard.</summary>
internal sealed class EvaluationSequence : BatchSequence
{
    private readonly (int Shard, EvaluationBatch Batch)[] _batches;
    private readonly int[] _samples;

    internal EvaluationSequence(EvaluationPlan plan, ShardRange shards, EveryNth part)
    {
        _batches = [.. Enumerable.Range(shards.First, shards.Count).SelectMany(
            shard => Enumerable.Range(0, plan.BatchesOf(shard)).Select(index => (shard, plan.BatchOf(shard, index))))
            .Where((_, at) => at % part.Of == part.First)];
        _samples = new int[plan.LargestBatch];
    }

    internal override long Length => _batches.Length;

    internal override bool Repeats => true;

    internal override (ReadOnlyMemory<int> Samples, int Epoch) At(long position)
    {
        var (start, count) = _batches[position].Batch;
        for (var i = 0; i < count; i++)
        {
            _samples[i] = start + i;
        }

        return (_samples.AsMemory(0, count), -1);
    }

    internal override string Describe(long position)
    {
        var (shard, (start, count)) = _batches[position];
        return Invariant($"evaluation samples {start} to {start + count - 1}, shard {shard}");
    }

    /// <summary>The shard of a position.</summary>
    internal int ShardOf(long position) => _batches[position].Shard;
}
