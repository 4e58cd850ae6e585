namespace Cluster.Train.Training;

/// <summary>The samples [Start, Start + Count) of the evaluation set, computed in one forward pass.</summary>
/// <param name="Start">The first sample.</param>
/// <param name="Count">Number of samples.</param>
internal readonly record struct EvaluationBatch(int Start, int Count);

/// <summary>
/// How the evaluation set is cut: contiguously over the shards, and each shard's piece into batches of at most
/// <see cref="BatchSize"/>. Fixed by the job alone, since the shape of a batch changes how its sums round.
/// </summary>
internal sealed record EvaluationPlan
{
    // Without gradients a batch needs a fraction of the memory; larger ones make better use of a processor.
    private const int Enlargement = 4;

    /// <summary>Plans the evaluation of a job.</summary>
    /// <param name="samples">Samples of the evaluation set; 0 for no evaluation.</param>
    /// <param name="batchSize">Samples of a global training batch.</param>
    /// <param name="shards">Pieces of a global batch.</param>
    public EvaluationPlan(int samples, int batchSize, int shards)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(samples);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(shards);
        Samples = samples;
        Shards = shards;
        BatchSize = (int)Math.Min(int.MaxValue, Enlargement * ((((long)batchSize - 1) / shards) + 1));
    }

    /// <summary>Samples of the evaluation set.</summary>
    public int Samples { get; }

    /// <summary>Pieces of the evaluation set.</summary>
    public int Shards { get; }

    /// <summary>The most samples of one batch: four times a shard's share of a training batch.</summary>
    public int BatchSize { get; }

    /// <summary>The most samples that any batch of this set really has; 0 where the set is empty.</summary>
    public int LargestBatch => Math.Min(BatchSize, BatchPlan.Piece(Samples, Shards, 0).Count);

    /// <summary>Number of batches of a shard.</summary>
    public int BatchesOf(int shard)
    {
        var count = BatchPlan.Piece(Samples, Shards, shard).Count;
        return (count / BatchSize) + (count % BatchSize == 0 ? 0 : 1);
    }

    /// <summary>One batch of a shard.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="index">The batch, below <see cref="BatchesOf"/>.</param>
    public EvaluationBatch BatchOf(int shard, int index)
    {
        var (start, count) = BatchPlan.Piece(Samples, Shards, shard);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, BatchesOf(shard));
        return new EvaluationBatch(start + (index * BatchSize), Math.Min(BatchSize, count - (index * BatchSize)));
    }
}
