using System.Buffers.Binary;
using System.Numerics;
using Google.Protobuf;
using Tensorboard;

namespace Cluster.Train.Hosting.TensorBoard;

/// <summary>
/// An event file of TensorBoard: records of a length, its checksum, the event and its checksum (CRC-32C, masked; see
/// https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details). The events are TorchSharp's classes; its own
/// SummaryWriter writes ticks for seconds, so that TensorBoard shows no times, and opens the file anew for each event.
/// </summary>
internal sealed class EventFile : IDisposable
{
    private readonly FileStream _file;

    /// <summary>Begins a file.</summary>
    /// <param name="directory">Made if it is not there; other files in it stay.</param>
    public EventFile(string directory)
    {
        Directory.CreateDirectory(directory);
        var now = DateTimeOffset.UtcNow;
        _file = new FileStream(
            Path.Combine(directory, Invariant($"events.out.tfevents.{now.ToUnixTimeSeconds():D10}.{Environment.MachineName}.{Environment.ProcessId}.{Guid.NewGuid():N}")),
            FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 1 << 16);
        Write(new Event { FileVersion = "brain.Event:2", WallTime = Seconds(now) });
    }

    /// <summary>Adds a number.</summary>
    public void Scalar(string tag, long step, double value) => Add(step, new Summary.Types.Value { Tag = tag, SimpleValue = (float)value });

    /// <summary>Adds a distribution, in 30 bins of equal width.</summary>
    /// <param name="tag">Its name.</param>
    /// <param name="step">The step.</param>
    /// <param name="values">The values; those that are not finite are left out.</param>
    public void Histogram(string tag, long step, ReadOnlySpan<float> values) => Add(step, new Summary.Types.Value { Tag = tag, Histo = HistogramOf(values) });

    /// <summary>What was added can be read from now on.</summary>
    public void Flush() => _file.Flush();

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>A distribution. Pure.</summary>
    internal static HistogramProto HistogramOf(ReadOnlySpan<float> values)
    {
        const int bins = 30;
        var histogram = new HistogramProto { Min = double.PositiveInfinity, Max = double.NegativeInfinity };
        foreach (var value in values)
        {
            if (!float.IsFinite(value)) continue;
            histogram.Min = Math.Min(histogram.Min, value);
            histogram.Max = Math.Max(histogram.Max, value);
            histogram.Num++;
            histogram.Sum += value;
            histogram.SumSquares += (double)value * value;
        }

        if (histogram.Num == 0) return new HistogramProto { BucketLimit = { 0 }, Bucket = { 0 } };
        var width = (histogram.Max - histogram.Min) / bins;
        Span<long> counts = stackalloc long[bins];
        foreach (var value in values)
        {
            if (float.IsFinite(value)) counts[width > 0 ? Math.Min(bins - 1, (int)((value - histogram.Min) / width)) : 0]++;
        }

        for (var bin = 0; bin < bins; bin++)
        {
            // The last limit is the largest value itself, whatever rounding made of it.
            histogram.BucketLimit.Add(bin == bins - 1 ? histogram.Max : histogram.Min + ((bin + 1) * width));
            histogram.Bucket.Add(counts[bin]);
            if (width == 0)
            {
                break;
            }
        }

        return histogram;
    }

    private void Add(long step, Summary.Types.Value value) =>
        Write(new Event { Step = step, WallTime = Seconds(DateTimeOffset.UtcNow), Summary = new Summary { Value = { value } } });

    private void Write(Event happened)
    {
        var bytes = happened.ToByteArray();
        Span<byte> head = stackalloc byte[12];
        BinaryPrimitives.WriteInt64LittleEndian(head, bytes.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], Masked(head[..8]));
        _file.Write(head);
        _file.Write(bytes);
        Span<byte> tail = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(tail, Masked(bytes));
        _file.Write(tail);
    }

    private static double Seconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1000.0;

    private static uint Masked(ReadOnlySpan<byte> bytes)
    {
        var sum = uint.MaxValue;
        foreach (var value in bytes) sum = BitOperations.Crc32C(sum, value);
        sum = ~sum;
        return BitOperations.RotateRight(sum, 15) + 0xa282ead8;
    }
}
