using System.Buffers;

namespace Cluster.Train.Training;

/// <summary>The consecutive samples [first, first + count) of another dataset: a training set and a test set out of one file.</summary>
public sealed class DatasetPart : IDataset
{
    private readonly IDataset _whole;
    private readonly int _first;

    /// <summary>Takes a part; copies nothing.</summary>
    /// <param name="whole">What it is a part of.</param>
    /// <param name="first">Its first sample.</param>
    /// <param name="count">Its number of samples; may be 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The whole has fewer samples.</exception>
    public DatasetPart(IDataset whole, int first, int count)
    {
        ArgumentNullException.ThrowIfNull(whole);
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, whole.Count - count);
        (_whole, _first, Count) = (whole, first, count);
        Fingerprint = Invariant($"{whole.Fingerprint} [{first}, {first + count})");
    }

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public IReadOnlyList<FieldSpec> Fields => _whole.Fields;

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    public int LengthOf(int sample, int field)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)sample, (uint)Count, nameof(sample));
        return _whole.LengthOf(_first + sample, field);
    }

    /// <inheritdoc/>
    public void Read(ReadOnlySpan<int> samples, int epoch, BatchBuffers into)
    {
        var numbers = ArrayPool<int>.Shared.Rent(samples.Length);
        try
        {
            for (var i = 0; i < samples.Length; i++)
            {
                ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)samples[i], (uint)Count, nameof(samples));
                numbers[i] = _first + samples[i];
            }

            _whole.Read(numbers.AsSpan(0, samples.Length), epoch, into);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(numbers);
        }
    }
}
