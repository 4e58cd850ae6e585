namespace Cluster.Train.Training;

/// <summary>Where the samples of one shard of one step lie: positions of the epoch's permutation.</summary>
/// <param name="Epoch">The epoch, counted from 0.</param>
/// <param name="Offset">The first position.</param>
/// <param name="Count">Number of samples; 0 where the epoch's last batch is smaller than the number of shards.</param>
internal readonly record struct ShardSamples(int Epoch, int Offset, int Count);

/// <summary>
/// Which samples belong to which step and shard. A step's global batch is the next <see cref="BatchSize"/> positions
/// of its epoch's permutation, fewer at the end of the epoch, and never crosses it. The batch is split contiguously:
/// of m samples shard s gets m / S, and one more while s &lt; m mod S. So every sample counts exactly once an epoch,
/// unless the <see cref="Tail"/> is dropped.
/// </summary>
internal sealed record BatchPlan
{
    private readonly int _used;

    /// <summary>Plans a job.</summary>
    /// <param name="samples">Samples of the training set.</param>
    /// <param name="batchSize">Samples of a global batch.</param>
    /// <param name="shards">Pieces of a global batch.</param>
    /// <param name="tail">What becomes of a smaller last batch.</param>
    /// <exception cref="BadInputException">There is no sample, not every shard would get one, or nothing is left without the tail.</exception>
    public BatchPlan(int samples, int batchSize, int shards, TailRule tail = TailRule.Keep)
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

        if (tail == TailRule.Drop && samples < batchSize)
        {
            throw new BadInputException(
                Invariant($"--tail drop leaves nothing: the {samples} training samples do not fill one batch of --batch-size {batchSize}; lower --batch-size or leave --tail out"));
        }

        (Samples, BatchSize, Shards, Tail) = (samples, batchSize, shards, tail);
        var (whole, rest) = Math.DivRem(samples, batchSize);
        _used = tail == TailRule.Drop ? samples - rest : samples;
        StepsPerEpoch = whole + (rest > 0 && (tail == TailRule.Keep || whole == 0) ? 1 : 0);
    }

    /// <summary>The plan of a job.</summary>
    internal static BatchPlan Of(JobDefinition job, int samples) => new(samples, job.BatchSize, job.Shards, job.Tail);

    /// <summary>Samples of the training set.</summary>
    public int Samples { get; }

    /// <summary>What becomes of an epoch's last batch where it is smaller.</summary>
    public TailRule Tail { get; }

    /// <summary>Samples of a global batch, but for an epoch's last.</summary>
    public int BatchSize { get; }

    /// <summary>Pieces of a global batch.</summary>
    public int Shards { get; }

    /// <summary>Steps of one epoch, the last of which may have a batch of another size.</summary>
    public int StepsPerEpoch { get; }

    /// <summary>The most samples that one shard gets in any step.</summary>
    public int LargestShard => ((Math.Max(SamplesOf(0), SamplesOf(StepsPerEpoch - 1)) - 1) / Shards) + 1;

    /// <summary>The epoch of a step. Both count from 0 and never restart.</summary>
    public int EpochOf(long step) => checked((int)(step / StepsPerEpoch));

    /// <summary>Samples of a step's global batch.</summary>
    public int SamplesOf(long step) => step % StepsPerEpoch == StepsPerEpoch - 1 ? _used - Offset(step) : BatchSize;

    /// <summary>The first step and shard of just one sample; null where there is none.</summary>
    /// <param name="totalSteps">Only steps before this one count.</param>
    public (long Step, int Shard)? FirstSingle(long totalSteps)
    {
        foreach (var step in new[] { 0L, StepsPerEpoch - 1 })
        {
            // The smaller pieces come last; of fewer samples than shards the first ones have one each.
            var last = Math.Min(Shards, SamplesOf(step)) - 1;
            if (step < totalSteps && ShardOf(step, last).Count == 1)
            {
                return (step, last);
            }
        }

        return null;
    }

    /// <summary>The samples of one shard of a step.</summary>
    public ShardSamples ShardOf(long step, int shard)
    {
        var offset = Offset(step);
        var (start, count) = Piece(SamplesOf(step), Shards, shard);
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
