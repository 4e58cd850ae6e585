namespace Cluster.Train.Training;

/// <summary>
/// The order in which an epoch visits the samples: a function of the job's seed, the epoch and the number of samples.
/// The generator is fixed, since a changed order would change every job's result.
/// </summary>
internal static class EpochPermutation
{
    // Workers that prefetch across an epoch's end ask for two at once; the third serves one more job in the process.
    private const int Kept = 3;

    private static readonly Lock s_lock = new();
    private static readonly LinkedList<(Key Key, Lazy<int[]> Order)> s_recent = new();

    /// <summary>
    /// The order of an epoch: element i is the i-th sample to visit. Computed once for all workers of the process;
    /// the last few are kept.
    /// </summary>
    /// <param name="seed">The job's seed.</param>
    /// <param name="epoch">The epoch, counted from 0.</param>
    /// <param name="samples">Number of samples.</param>
    public static ReadOnlyMemory<int> Of(long seed, int epoch, int samples)
    {
        var key = new Key(seed, epoch, samples);
        Lazy<int[]>? order = null;
        lock (s_lock)
        {
            for (var node = s_recent.First; node is not null && order is null; node = node.Next)
            {
                if (node.Value.Key == key)
                {
                    order = node.Value.Order;
                    s_recent.Remove(node);
                }
            }

            order ??= new Lazy<int[]>(() => Compute(seed, epoch, samples));
            s_recent.AddFirst((key, order));
            if (s_recent.Count > Kept)
            {
                s_recent.RemoveLast();
            }
        }

        return order.Value;
    }

    /// <summary>Computes the order anew.</summary>
    internal static int[] Compute(long seed, int epoch, int samples)
    {
        var order = new int[samples];
        for (var i = 0; i < samples; i++)
        {
            order[i] = i;
        }

        new StableRandom(seed, epoch).Shuffle(order);
        return order;
    }

    private readonly record struct Key(long Seed, int Epoch, int Samples);
}
