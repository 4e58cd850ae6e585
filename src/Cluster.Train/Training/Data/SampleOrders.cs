using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Cluster.Train.Training;

/// <summary>Orders of samples for <see cref="TaskData.Order"/>.</summary>
public static class SampleOrders
{
    /// <summary>Name of the field and the option.</summary>
    internal const string Field = "sample-order";

    /// <summary>Samples drawn with replacement, each as likely as its weight says, as PyTorch's <c>WeightedRandomSampler</c>.</summary>
    /// <param name="weights">One for each training sample: finite, at least 0, and one above 0; they need not sum up to 1.</param>
    /// <param name="count">Samples of an epoch; null for as many as there are weights.</param>
    /// <exception cref="ArgumentException">There are no such weights; names the first that is not.</exception>
    public static ISampleOrder Weighted(ReadOnlySpan<double> weights, int? count = null) => new WeightedOrder("weighted", weights, count ?? weights.Length);

    /// <summary>Samples drawn with replacement so that each class is as likely as any other.</summary>
    /// <param name="classes">The class of each training sample.</param>
    /// <param name="count">Samples of an epoch; null for as many as there are.</param>
    /// <exception cref="ArgumentException">There are no samples.</exception>
    public static ISampleOrder Balanced(ReadOnlySpan<long> classes, int? count = null)
    {
        var sizes = new Dictionary<long, int>();
        foreach (var number in classes)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(sizes, number, out _)++;
        }

        var weights = new double[classes.Length];
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] = 1.0 / sizes[classes[i]];
        }

        return new WeightedOrder("balanced", weights, count ?? classes.Length);
    }

    /// <summary>All samples in the order of their numbers.</summary>
    internal static ISampleOrder Sequential(int count) => new SequentialOrder(count);

    /// <summary>A setting's name.</summary>
    internal static string NameOf(SampleOrder order) => order switch
    {
        SampleOrder.Shuffled => "shuffled",
        SampleOrder.Sequential => "sequential",
        SampleOrder.Balanced => "balanced",
        _ => "task",
    };

    /// <summary>The setting of a name; of none, the default.</summary>
    /// <exception cref="FormatException">There is none of this name.</exception>
    internal static SampleOrder Parse(string? name) => name switch
    {
        null or "task" => SampleOrder.Task,
        "shuffled" => SampleOrder.Shuffled,
        "sequential" => SampleOrder.Sequential,
        "balanced" => SampleOrder.Balanced,
        _ => throw new FormatException($"no order is called '{name}'"),
    };

    private sealed class SequentialOrder(int count) : ISampleOrder
    {
        public string Name => "sequential";

        public int Count => count;

        public void Fill(long seed, int epoch, Span<int> samples)
        {
            for (var i = 0; i < samples.Length; i++)
            {
                samples[i] = i;
            }
        }
    }

    /// <summary>Draws by a binary search among the sums of weights, added up in the order of the samples.</summary>
    private sealed class WeightedOrder : ISampleOrder
    {
        private readonly double[] _sums;

        internal WeightedOrder(string name, ReadOnlySpan<double> weights, int count)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
            _sums = new double[weights.Length];
            var sum = 0.0;
            for (var i = 0; i < weights.Length; i++)
            {
                if (!double.IsFinite(weights[i]) || weights[i] < 0)
                {
                    throw new ArgumentException(Invariant($"weight {i} is {weights[i]}; a weight is a finite number of at least 0"), nameof(weights));
                }

                _sums[i] = sum += weights[i];
            }

            if (!(sum > 0) || !double.IsFinite(sum))
            {
                throw new ArgumentException(Invariant($"the weights sum up to {sum}; one must be above 0"), nameof(weights));
            }

            Count = count;
            Name = Invariant($"{name} {count} of {weights.Length} {Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(weights)))}");
        }

        public string Name { get; }

        public int Count { get; }

        public void Fill(long seed, int epoch, Span<int> samples)
        {
            var random = new StableRandom(seed, epoch);
            for (var i = 0; i < samples.Length; i++)
            {
                samples[i] = FirstAbove(random.NextDouble() * _sums[^1]);
            }
        }

        // The first sum above the number, so that a sample of weight 0, whose sum is that of the one before, is never drawn.
        private int FirstAbove(double number)
        {
            var (low, high) = (0, _sums.Length - 1);
            while (low < high)
            {
                var middle = (low + high) / 2;
                (low, high) = _sums[middle] > number ? (low, middle) : (middle + 1, high);
            }

            return low;
        }
    }
}
