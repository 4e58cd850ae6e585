namespace Cluster.Train.Training;

/// <summary>
/// Which samples an epoch has, and in which order: a pure function of seed and epoch, called once an epoch in each process, on any
/// thread. A task gives its own in <see cref="TaskData.Order"/>; <see cref="SampleOrders"/> makes the usual ones.
/// </summary>
public interface ISampleOrder
{
    /// <summary>A text that differs where the order does: its name and its parameters, or their hash. Workers of one job must agree on it.</summary>
    string Name { get; }

    /// <summary>Samples of an epoch, the same for all epochs; at least 1. It may be smaller or larger than the number of training samples.</summary>
    int Count { get; }

    /// <summary>Fills in an epoch.</summary>
    /// <param name="seed">The job's seed, for <see cref="StableRandom"/>.</param>
    /// <param name="epoch">The epoch, counted from 0.</param>
    /// <param name="samples">
    /// <see cref="Count"/> places, 0 at first, for numbers of training samples. A batch takes consecutive places, its shards contiguous parts of them.
    /// </param>
    void Fill(long seed, int epoch, Span<int> samples);
}

/// <summary>What a job says of the order of its samples.</summary>
public enum SampleOrder
{
    /// <summary>As the task's data says in <see cref="TaskData.Order"/>, otherwise as <see cref="Shuffled"/>.</summary>
    Task,

    /// <summary>All samples once an epoch, in an order drawn anew for each.</summary>
    Shuffled,

    /// <summary>All samples once an epoch, in the order of their numbers.</summary>
    Sequential,

    /// <summary>
    /// As many as there are, drawn with replacement so that each class is as likely as any other. The classes are the training
    /// samples' second field, one int64, all of which are read when the data is opened.
    /// </summary>
    Balanced,
}
