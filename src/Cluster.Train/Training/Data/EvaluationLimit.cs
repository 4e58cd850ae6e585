namespace Cluster.Train.Training;

/// <summary>
/// How much of the evaluation data is evaluated where only the same figures are to be seen, and not good ones: so many samples
/// that every shard has some batches. Safe for use by several threads.
/// </summary>
/// <param name="most">The most samples of an evaluation, two at least.</param>
internal sealed class EvaluationLimit(int most)
{
    // Evaluation batches are four times a shard's share of a training batch: two whole ones and a smaller one a shard.
    private const long GlobalBatches = 10;

    private int _given;

    /// <summary>Samples that the task gave; 0 before it was asked.</summary>
    internal int Given => Volatile.Read(ref _given);

    /// <summary>The limit for a job.</summary>
    // One less than whole batches, so that shards have different numbers of samples.
    internal static EvaluationLimit Of(JobDefinition definition) =>
        new((int)Math.Min(int.MaxValue, (GlobalBatches * definition.BatchSize) - 1));

    /// <summary>All of the samples where they are few enough, otherwise as many as allowed, spread evenly over them.</summary>
    internal IDataset Within(IDataset given)
    {
        Volatile.Write(ref _given, given.Count);
        return given.Count > most ? new SpreadSamples(given, most) : given;
    }
}
