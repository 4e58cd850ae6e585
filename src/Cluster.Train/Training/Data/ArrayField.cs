using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Cluster.Train.Training;

/// <summary>One field of a <see cref="ArrayDataset"/>: an array of float, long or byte, one sample after the other. Arrays of one dimension are not copied.</summary>
public abstract class ArrayField
{
    private protected ArrayField(FieldSpec spec, int count) => (Spec, Count) = (spec, count);

    /// <summary>Name, type and shape.</summary>
    public FieldSpec Spec { get; }

    /// <summary>Number of samples.</summary>
    public int Count { get; }

    /// <summary>A field of float32.</summary>
    /// <param name="name">For messages, for example "point".</param>
    /// <param name="values">All samples, row-major.</param>
    /// <param name="shape">Shape of one sample; none for a scalar.</param>
    /// <exception cref="ArgumentException">The values are no whole number of samples.</exception>
    public static ArrayField Of(string name, float[] values, params long[] shape) => Dense(new FieldSpec(name, FieldType.Float32, shape), values);

    /// <summary>A field of int64: class numbers, tokens.</summary>
    /// <inheritdoc cref="Of(string, float[], long[])"/>
    public static ArrayField Of(string name, long[] values, params long[] shape) => Dense(new FieldSpec(name, FieldType.Int64, shape), values);

    /// <summary>A field of bytes, for example pixels.</summary>
    /// <param name="name">For messages, for example "pixels".</param>
    /// <param name="values">All samples, row-major.</param>
    /// <param name="scaling">What becomes of them on the device; null for the bytes themselves.</param>
    /// <param name="shape">Shape of one sample; none for a scalar.</param>
    /// <exception cref="ArgumentException">The values are no whole number of samples.</exception>
    public static ArrayField Of(string name, byte[] values, ByteScaling? scaling, params long[] shape) =>
        Dense(new FieldSpec(name, FieldType.UInt8, shape) { Scaling = scaling }, values);

    /// <summary>A field out of an array of several dimensions, the first of which counts the samples: <c>float[,]</c>, <c>long[,,]</c>, <c>byte[,,,]</c>, for example. It is copied.</summary>
    /// <param name="name">For messages.</param>
    /// <param name="values">The values.</param>
    /// <exception cref="ArgumentException">They are of another type than float, long or byte.</exception>
    public static ArrayField Of(string name, Array values)
    {
        ArgumentNullException.ThrowIfNull(values);
        long[] shape = [.. Enumerable.Range(1, values.Rank - 1).Select(dimension => (long)values.GetLength(dimension))];
        return values switch
        {
            float[] or float[,] or float[,,] or float[,,,] or float[,,,,] => Of(name, Flat<float>(values), shape),
            long[] or long[,] or long[,,] or long[,,,] or long[,,,,] => Of(name, Flat<long>(values), shape),
            byte[] or byte[,] or byte[,,] or byte[,,,] or byte[,,,,] => Of(name, Flat<byte>(values), scaling: null, shape),
            _ => throw new ArgumentException($"'{name}' is a {values.GetType().Name}; give float, long or byte, of up to five dimensions", nameof(values)),
        };
    }

    /// <summary>A field of float32 whose samples differ in length.</summary>
    /// <param name="name">For messages.</param>
    /// <param name="samples">The samples, each row-major.</param>
    /// <param name="padding">What stands beyond a sample's own length in a batch.</param>
    /// <param name="element">Shape of what stands at one place; none for a scalar.</param>
    /// <exception cref="ArgumentException">A sample is no whole number of places.</exception>
    public static ArrayField Sequences(string name, IReadOnlyList<float[]> samples, float padding, params long[] element) =>
        Ragged(name, FieldType.Float32, samples, padding, element);

    /// <summary>A field of int64 whose samples differ in length: tokens.</summary>
    /// <inheritdoc cref="Sequences(string, IReadOnlyList{float[]}, float, long[])"/>
    public static ArrayField Sequences(string name, IReadOnlyList<long[]> samples, long padding, params long[] element) =>
        Ragged(name, FieldType.Int64, samples, padding, element);

    internal abstract void AddTo(IncrementalHash hash);

    internal abstract int LengthOf(int sample);

    internal abstract void Write(int sample, int field, int position, BatchBuffers into);

    private static T[] Flat<T>(Array values)
        where T : unmanaged
    {
        if (values.Length == 0)
        {
            return [];
        }

        return MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<byte, T>(ref MemoryMarshal.GetArrayDataReference(values)), values.Length).ToArray();
    }

    private static DenseField<T> Dense<T>(FieldSpec spec, T[] values)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(values);
        var (elements, type) = (spec.Elements, spec.Type);
        return elements > 0 && !spec.IsSequence && values.Length % elements == 0
            ? new DenseField<T>(spec, values)
            : throw new ArgumentException(Invariant($"'{spec.Name}' has {values.Length} values of type {type}, which is no whole number of samples of shape [{string.Join(", ", spec.Shape)}]"), nameof(values));
    }

    private static RaggedField<T> Ragged<T>(string name, FieldType type, IReadOnlyList<T[]> samples, double padding, long[] element)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(element);
        var elements = (int)element.Aggregate(1L, (product, extent) => product * extent);
        for (var sample = 0; sample < samples.Count; sample++)
        {
            if (elements < 1 || samples[sample].Length % elements != 0)
            {
                throw new ArgumentException(Invariant($"sample {sample} of '{name}' has {samples[sample].Length} values, which is no whole number of places of shape [{string.Join(", ", element)}]"), nameof(samples));
            }
        }

        var longest = Math.Max(1, samples.Select(sample => sample.Length / elements).DefaultIfEmpty().Max());
        return new RaggedField<T>(FieldSpec.Sequence(name, type, longest, element) with { Padding = padding }, [.. samples]);
    }

    private static void Write<T>(BatchBuffers into, int field, int position, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        if (typeof(T) == typeof(float))
        {
            into.Write(field, position, MemoryMarshal.Cast<T, float>(values));
        }
        else if (typeof(T) == typeof(long))
        {
            into.Write(field, position, MemoryMarshal.Cast<T, long>(values));
        }
        else
        {
            into.Write(field, position, MemoryMarshal.Cast<T, byte>(values));
        }
    }

    private sealed class DenseField<T>(FieldSpec spec, T[] values) : ArrayField(spec, values.Length / spec.Elements)
        where T : unmanaged
    {
        internal override void AddTo(IncrementalHash hash) => hash.AppendData(MemoryMarshal.AsBytes(values.AsSpan()));

        internal override int LengthOf(int sample) => throw new NotSupportedException($"'{Spec.Name}' has samples of one shape");

        internal override void Write(int sample, int field, int position, BatchBuffers into) =>
            Write<T>(into, field, position, values.AsSpan(sample * Spec.Elements, Spec.Elements));
    }

    private sealed class RaggedField<T>(FieldSpec spec, T[][] samples) : ArrayField(spec, samples.Length)
        where T : unmanaged
    {
        internal override void AddTo(IncrementalHash hash)
        {
            foreach (var sample in samples)
            {
                hash.AppendData(BitConverter.GetBytes(sample.Length));
                hash.AppendData(MemoryMarshal.AsBytes(sample.AsSpan()));
            }
        }

        internal override int LengthOf(int sample) => samples[sample].Length / Spec.ElementsOfOne;

        internal override void Write(int sample, int field, int position, BatchBuffers into) => Write<T>(into, field, position, samples[sample]);
    }
}
