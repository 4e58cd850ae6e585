using System.Buffers;

namespace Cluster.Train.Training;

/// <summary>Some samples of another dataset, spread evenly over it, its first and its last among them.</summary>
internal sealed class SpreadSamples : IDataset
{
    private readonly IDataset _whole;

    /// <summary>Takes samples; copies nothing.</summary>
    /// <param name="whole">Where they are from.</param>
    /// <param name="count">How many: two at least, and fewer than there are.</param>
    internal SpreadSamples(IDataset whole, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(count, whole.Count);
        (_whole, Count) = (whole, count);
        Fingerprint = Invariant($"{whole.Fingerprint} spread {count}");
    }

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public IReadOnlyList<FieldSpec> Fields => _whole.Fields;

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <summary>The number that a sample has in the whole.</summary>
    /// <param name="sample">Its number here, in [0, <see cref="Count"/>).</param>
    internal int NumberOf(int sample)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)sample, (uint)Count, nameof(sample));
        return (int)((long)sample * (_whole.Count - 1) / (Count - 1));
    }

    /// <inheritdoc/>
    public int LengthOf(int sample, int field) => _whole.LengthOf(NumberOf(sample), field);

    /// <inheritdoc/>
    public void Read(ReadOnlySpan<int> samples, int epoch, BatchBuffers into)
    {
        var numbers = ArrayPool<int>.Shared.Rent(samples.Length);
        try
        {
            for (var i = 0; i < samples.Length; i++)
            {
                numbers[i] = NumberOf(samples[i]);
            }

            _whole.Read(numbers.AsSpan(0, samples.Length), epoch, into);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(numbers);
        }
    }
}
