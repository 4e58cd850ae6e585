namespace Cluster.Train.Training;

/// <summary>
/// The order of samples of one job where it is not the usual one, <see cref="EpochPermutation"/>: whatever made it, its
/// numbers are looked at before they are used. Computed once an epoch for all workers of the process. Safe for several threads.
/// </summary>
internal sealed class EpochOrder
{
    // As many as EpochPermutation keeps, and for the same reason.
    private const int Kept = 3;

    private readonly string _task;
    private readonly ISampleOrder _order;
    private readonly long _seed;
    private readonly int _samples;
    private readonly Lock _lock = new();
    private readonly LinkedList<(int Epoch, Lazy<int[]> Order)> _recent = new();

    private EpochOrder(string task, ISampleOrder order, long seed, int samples)
    {
        (_task, _order, _seed, _samples) = (task, order, seed, samples);
        (Name, Count) = Called(nameof(ISampleOrder.Name), () => (order.Name ?? throw Wrong("Name", "gave null"), order.Count));
        if (Count < 1)
        {
            throw Wrong(nameof(ISampleOrder.Count), Invariant($"gave {Count}; an epoch has at least one sample"));
        }

        if (!Compute(0).AsSpan().SequenceEqual(Compute(0)))
        {
            throw Wrong(nameof(ISampleOrder.Fill), "gave other samples when it was asked again for epoch 0; it must depend on seed and epoch alone: draw random numbers from StableRandom");
        }
    }

    /// <summary>Name and parameters of the order.</summary>
    internal string Name { get; }

    /// <summary>Samples of an epoch.</summary>
    internal int Count { get; }

    /// <summary>Of a job; null for the usual order.</summary>
    /// <param name="task">The task's name, for messages.</param>
    /// <param name="job">The job.</param>
    /// <param name="own">What the task's data says.</param>
    /// <param name="training">The training samples, whose classes are read where the order depends on them.</param>
    /// <exception cref="BadInputException">The order cannot be used; says why.</exception>
    /// <exception cref="TrainingFaultException">The task's order threw.</exception>
    internal static EpochOrder? Of(string task, JobDefinition job, ISampleOrder? own, IDataset training)
    {
        var order = job.SampleOrder switch
        {
            SampleOrder.Shuffled => null,
            SampleOrder.Sequential => SampleOrders.Sequential(training.Count),
            SampleOrder.Balanced => SampleOrders.Balanced(Classes(task, training)),
            _ => own,
        };
        return order is null ? null : new EpochOrder(task, order, job.Seed, training.Count);
    }

    /// <summary>The samples of an epoch, in order.</summary>
    internal ReadOnlyMemory<int> Of(int epoch)
    {
        Lazy<int[]>? samples = null;
        lock (_lock)
        {
            for (var node = _recent.First; node is not null && samples is null; node = node.Next)
            {
                if (node.Value.Epoch == epoch)
                {
                    samples = node.Value.Order;
                }
            }

            if (samples is null)
            {
                samples = new Lazy<int[]>(() => Compute(epoch));
                _recent.AddFirst((epoch, samples));
                if (_recent.Count > Kept)
                {
                    _recent.RemoveLast();
                }
            }
        }

        return samples.Value;
    }

    private static long[] Classes(string task, IDataset training)
    {
        const int atOnce = 256;
        if (training.Fields.Count < 2 || training.Fields[1] is not { Type: FieldType.Int64, Elements: 1, IsSequence: false } field)
        {
            var found = training.Fields.Count < 2 ? "no second field" : Invariant($"'{training.Fields[1].Name}', {training.Fields[1].Type} [{string.Join(", ", training.Fields[1].Shape)}]");
            throw new BadInputException(
                $"--sample-order balanced needs the class of each sample, one int64, as the second field of the data; task '{task}' has {found} there; leave it out, or have the task weigh its samples in TaskData.Order");
        }

        var classes = new long[training.Count];
        for (var start = 0; start < classes.Length; start += atOnce)
        {
            var count = Math.Min(atOnce, classes.Length - start);
            using var read = ReadSamples.Of(training, [.. Enumerable.Range(start, count)], epoch: 0);
            read.Integers(1).CopyTo(classes.AsSpan(start));
        }

        return classes;
    }

    private int[] Compute(int epoch)
    {
        var samples = new int[Count];
        Called(nameof(ISampleOrder.Fill), () =>
        {
            _order.Fill(_seed, epoch, samples);
            return true;
        });
        var wrong = samples.AsSpan().IndexOfAnyExceptInRange(0, _samples - 1);
        return wrong < 0
            ? samples
            : throw Wrong(nameof(ISampleOrder.Fill), Invariant($"gave sample {samples[wrong]} at place {wrong} of epoch {epoch}; the training samples are 0 to {_samples - 1}"));
    }

    private T Called<T>(string member, Func<T> call)
    {
        try
        {
            return call();
        }
        catch (Exception error) when (error is not BadInputException)
        {
            throw new TrainingFaultException($"task '{_task}' failed in {member} of its sample order: {OneLine.Of(error.Message)}", error);
        }
    }

    private BadInputException Wrong(string member, string what) => new($"task '{_task}': {member} of its sample order {what}");
}
