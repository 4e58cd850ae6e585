namespace Cluster.Train.Training;

/// <summary>Where the samples of one shard of one step lie: positions of the epoch's permutation.</summary>
/// <param name="Epoch">The epoch, counted from 0.</param>
/// <param name="Offset">The first position.</param>
/// <param name="Count">Number of samples; 0 where the epoch's last batch is smaller than the number of shards.</param>
public readonly record struct ShardSamples(int Epoch, int Offset, int Count);

/// <summary>
/// Which samples belong to which step and shard. A step's global batch is the next <see cref="BatchSize"/> positions
/// of its epoch's permutation, fewer at the end of the epoch, and never crosses it. The batch is split contiguously:
/// of m samples shard s gets m / S, and one more while s &lt; m mod S. So every sample counts exactly once an epoch.
/// </summary>
public sealed record BatchPlan
{
    /// <summary>Plans a job.</summary>
    /// <param name="samples">Samples of the training set.</param>
    /// <param name="batchSize">Samples of a global batch.</param>
    /// <param name="shards">Pieces of a global batch.</param>
    /// <exception cref="BadInputException">There is no sample, or not every shard would get one.</exception>
    public BatchPlan(int samples, int batchSize, int shards)
    {
        if (samples < 1)
        {
            throw new BadInputException("the training data has no samples; give at least one");
        }

        if (shards < 1)
        {
            throw new BadInputException(Invariant($"--shards is {shards}; give at least 1"));
        }

        if (batchSize < shards)
        {
            throw new BadInputException(
                Invariant($"--batch-size {batchSize} is smaller than --shards {shards}: every shard needs at least one sample; raise --batch-size or lower --shards"));
        }

        Samples = samples;
        BatchSize = batchSize;
        Shards = shards;
        StepsPerEpoch = ((samples - 1) / batchSize) + 1;
    }

    /// <summary>Samples of the training set.</summary>
    public int Samples { get; }

    /// <summary>Samples of a global batch, but for an epoch's last.</summary>
    public int BatchSize { get; }

    /// <summary>Pieces of a global batch.</summary>
    public int Shards { get; }

    /// <summary>Steps of one epoch, the last of which may have a smaller batch.</summary>
    public int StepsPerEpoch { get; }

    /// <summary>The most samples that one shard gets in any step.</summary>
    public int LargestShard => ((Math.Min(BatchSize, Samples) - 1) / Shards) + 1;

    /// <summary>The epoch of a step. Both count from 0 and never restart.</summary>
    public int EpochOf(long step) => checked((int)(step / StepsPerEpoch));

    /// <summary>Samples of a step's global batch.</summary>
    public int SamplesOf(long step) => Math.Min(BatchSize, Samples - Offset(step));

    /// <summary>The samples of one shard of a step.</summary>
    public ShardSamples ShardOf(long step, int shard)
    {
        var offset = Offset(step);
        var (start, count) = Piece(Math.Min(BatchSize, Samples - offset), Shards, shard);
        return new ShardSamples(EpochOf(step), offset + start, count);
    }

    /// <summary>The piece of <paramref name="samples"/> that a shard gets in a contiguous split, the larger pieces first.</summary>
    internal static (int Start, int Count) Piece(int samples, int shards, int shard)
    {
        if ((uint)shard >= (uint)shards)
        {
            throw new ArgumentOutOfRangeException(nameof(shard), shard, Invariant($"there are {shards} shards"));
        }

        var (share, rest) = Math.DivRem(samples, shards);
        return ((shard * share) + Math.Min(shard, rest), share + (shard < rest ? 1 : 0));
    }

    // The product stays below the number of samples, an int.
    private int Offset(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        return (int)(step % StepsPerEpoch) * BatchSize;
    }
}
