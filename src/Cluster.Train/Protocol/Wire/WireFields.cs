using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Cluster.Train.Training;
using MessagePack;

namespace Cluster.Train.Protocol.Wire;

/// <summary>Writes a value.</summary>
internal delegate void WriteValue<in T>(ref MessagePackWriter writer, T value);

/// <summary>Reads a value.</summary>
internal delegate T ReadValue<out T>(ref MessagePackReader reader);

/// <summary>
/// What all messages are made of. A record is an array of its fields; a reader wants at least those that it knows and
/// passes over further ones, so that a newer version can add some at the end.
/// </summary>
internal static class WireFields
{
    /// <summary>Up to here each whole number is a double.</summary>
    private const double MostExact = 1L << 53;

    /// <summary>Begins to read a record.</summary>
    /// <param name="reader">Where.</param>
    /// <param name="fields">How many it has at least.</param>
    /// <returns>How many further ones it has, for <see cref="End"/>.</returns>
    internal static int Begin(ref MessagePackReader reader, int fields)
    {
        var count = reader.ReadArrayHeader();
        return count >= fields ? count - fields : throw new MessagePackSerializationException(Invariant($"a record has {count} fields, and needs {fields}"));
    }

    /// <summary>Passes over fields of a newer version, however deep they nest, without recursion.</summary>
    internal static void End(ref MessagePackReader reader, int further)
    {
        for (long left = further; left > 0; left--)
        {
            switch (reader.NextMessagePackType)
            {
                case MessagePackType.Array:
                    left += reader.ReadArrayHeader();
                    break;
                case MessagePackType.Map:
                    left += 2L * reader.ReadMapHeader();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    internal static string Text(ref MessagePackReader reader) =>
        reader.ReadString() ?? throw new MessagePackSerializationException("a text is missing");

    internal static void WriteOptional(ref MessagePackWriter writer, long? value)
    {
        if (value is { } number)
        {
            writer.Write(number);
        }
        else
        {
            writer.WriteNil();
        }
    }

    internal static long? OptionalLong(ref MessagePackReader reader) => reader.TryReadNil() ? null : reader.ReadInt64();

    internal static void WriteOptional<T>(ref MessagePackWriter writer, T? value, WriteValue<T> write)
        where T : class
    {
        if (value is null)
        {
            writer.WriteNil();
        }
        else
        {
            write(ref writer, value);
        }
    }

    internal static T? Optional<T>(ref MessagePackReader reader, ReadValue<T> read)
        where T : class => reader.TryReadNil() ? null : read(ref reader);

    internal static void WriteList<T>(ref MessagePackWriter writer, ImmutableArray<T> values, WriteValue<T> write)
    {
        writer.WriteArrayHeader(values.IsDefault ? throw new MessagePackSerializationException($"a list of {typeof(T).Name} is missing") : values.Length);
        foreach (var value in values)
        {
            write(ref writer, value);
        }
    }

    // The header's count was compared with the bytes that are there before it is believed.
    internal static ImmutableArray<T> List<T>(ref MessagePackReader reader, ReadValue<T> read)
    {
        var count = reader.ReadArrayHeader();
        var values = ImmutableArray.CreateBuilder<T>(count);
        for (var index = 0; index < count; index++)
        {
            values.Add(read(ref reader));
        }

        return values.MoveToImmutable();
    }

    internal static void WriteText(ref MessagePackWriter writer, string value) => writer.Write(value);

    internal static void WriteLong(ref MessagePackWriter writer, long value) => writer.Write(value);

    /// <summary>Many numbers as one block of bytes, little-endian.</summary>
    internal static void WriteFloats(ref MessagePackWriter writer, ImmutableArray<float> values) =>
        writer.Write(MemoryMarshal.AsBytes(values.AsSpan()));

    internal static ImmutableArray<float> Floats(ref MessagePackReader reader)
    {
        var bytes = reader.ReadBytes() ?? default;
        if (bytes.Length % sizeof(float) != 0)
        {
            throw new MessagePackSerializationException($"{bytes.Length} bytes are no whole number of float32 values");
        }

        var values = new float[bytes.Length / sizeof(float)];
        bytes.CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
        return ImmutableCollectionsMarshal.AsImmutableArray(values);
    }

    /// <summary>Sums of metrics, a row for each. Most are whole numbers, and take a byte or two as such.</summary>
    internal static void Write(ref MessagePackWriter writer, MetricSums sums)
    {
        writer.WriteArrayHeader(sums.Values.Length);
        foreach (var row in sums.Values)
        {
            writer.WriteArrayHeader(row.Length);
            foreach (var sum in row)
            {
                // Minus zero is no whole number: it would come back as zero.
                if (Math.Abs(sum) <= MostExact && (long)sum == sum && !(sum == 0 && double.IsNegative(sum)))
                {
                    writer.Write((long)sum);
                }
                else
                {
                    writer.Write(sum);
                }
            }
        }
    }

    internal static MetricSums Sums(ref MessagePackReader reader)
    {
        var values = new double[reader.ReadArrayHeader()][];
        var all = 0;
        for (var row = 0; row < values.Length; row++)
        {
            values[row] = new double[reader.ReadArrayHeader()];
            all += values[row].Length;
            if (all > Metric.MostSums)
            {
                throw new MessagePackSerializationException(Invariant($"there are more than {Metric.MostSums} sums of metrics"));
            }

            for (var column = 0; column < values[row].Length; column++)
            {
                values[row][column] = reader.ReadDouble();
            }
        }

        return values.Length == 0 ? MetricSums.None : new MetricSums(values);
    }

    /// <summary>An enumeration by its number; one that this version does not know is refused.</summary>
    internal static T Enum<T>(ref MessagePackReader reader)
        where T : struct, Enum
    {
        var number = reader.ReadInt32();
        var value = (T)System.Enum.ToObject(typeof(T), number);
        return System.Enum.IsDefined(value) ? value : throw new MessagePackSerializationException(Invariant($"{typeof(T).Name} has no value {number}"));
    }
}
