namespace Cluster.Train.Training;

/// <summary>
/// Samples that can be read by number. <see cref="Read"/> is called on a loader thread, ahead of the step that needs
/// it, possibly on several at once; it must not call libtorch.
/// </summary>
public interface IDataset
{
    /// <summary>Number of samples.</summary>
    int Count { get; }

    /// <summary>The fields of a sample, in the order in which <see cref="Batch"/> has them: input first, target second.</summary>
    IReadOnlyList<FieldSpec> Fields { get; }

    /// <summary>
    /// A text that differs where the samples differ (a hash of the content, or of names, sizes and format).
    /// Workers of one job must agree on it.
    /// </summary>
    string Fingerprint { get; }

    /// <summary>Writes samples into the buffers of a batch, in the order asked for.</summary>
    /// <param name="samples">Sample numbers in [0, <see cref="Count"/>).</param>
    /// <param name="epoch">The epoch, counted from 0; -1 in evaluation.</param>
    /// <param name="into">
    /// One buffer a field, of exactly <paramref name="samples"/>.Length samples. <see cref="BatchBuffers.Random"/> gives the
    /// random numbers for augmentation. The same sample in the same epoch must be the same values whoever reads it, and
    /// however often: a few are read twice before the first step, and compared between the processes of a cluster.
    /// </param>
    void Read(ReadOnlySpan<int> samples, int epoch, BatchBuffers into);
}

/// <summary>The element types a field can have.</summary>
public enum FieldType
{
    /// <summary>32-bit floating point.</summary>
    Float32,

    /// <summary>64-bit integer: class numbers, tokens.</summary>
    Int64,
}

/// <summary>One field of a sample.</summary>
/// <param name="Name">For messages, for example "pixels".</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Shape of one sample, without the batch dimension; empty for a scalar.</param>
public sealed record FieldSpec(string Name, FieldType Type, params long[] Shape)
{
    /// <summary>Elements of one sample.</summary>
    public int Elements { get; } = checked((int)Shape.Aggregate(1L, (product, extent) => product * extent));

    /// <summary>Bytes of one element.</summary>
    public int ElementSize => Type == FieldType.Float32 ? sizeof(float) : sizeof(long);
}

/// <summary>Where <see cref="IDataset.Read"/> writes: one block of memory a field, <c>[samples, elements]</c>, row-major.</summary>
public readonly unsafe ref struct BatchBuffers
{
    private readonly ReadOnlySpan<nint> _pointers;
    private readonly IReadOnlyList<FieldSpec> _fields;
    private readonly int _samples;
    private readonly ReadOnlySpan<int> _numbers;
    private readonly long _seed;
    private readonly int _epoch;

    internal BatchBuffers(ReadOnlySpan<nint> pointers, IReadOnlyList<FieldSpec> fields, int samples)
    {
        _pointers = pointers;
        _fields = fields;
        _samples = samples;
    }

    /// <summary>The buffer of a <see cref="FieldType.Float32"/> field: samples × elements.</summary>
    /// <exception cref="ArgumentException">The field has another type.</exception>
    public Span<float> Floats(int field) => new((void*)Pointer(field, FieldType.Float32), checked(_samples * _fields[field].Elements));

    /// <summary>The buffer of an <see cref="FieldType.Int64"/> field: samples × elements.</summary>
    /// <exception cref="ArgumentException">The field has another type.</exception>
    public Span<long> Integers(int field) => new((void*)Pointer(field, FieldType.Int64), checked(_samples * _fields[field].Elements));

    /// <summary>
    /// Random numbers for one sample, for example to augment it: each time the same for this job's seed, this epoch and this
    /// sample, whichever worker reads it, in whichever process. (<see cref="HashCode"/> and <c>new Random()</c> are neither.)
    /// </summary>
    /// <param name="position">The sample's place in the batch, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The batch has no such place.</exception>
    public StableRandom Random(int position) => new(RandomGate.ShardSeed(_seed, _epoch, _numbers[position]), stream: 1);

    /// <summary>The same buffers, with what the random numbers depend on.</summary>
    internal BatchBuffers Seeded(long seed, ReadOnlySpan<int> numbers, int epoch) => new(_pointers, _fields, _samples, seed, numbers, epoch);

    private BatchBuffers(ReadOnlySpan<nint> pointers, IReadOnlyList<FieldSpec> fields, int samples, long seed, ReadOnlySpan<int> numbers, int epoch)
        : this(pointers, fields, samples)
    {
        _seed = seed;
        _numbers = numbers;
        _epoch = epoch;
    }

    private nint Pointer(int field, FieldType type) => _fields[field].Type == type
        ? _pointers[field]
        : throw new ArgumentException($"field '{_fields[field].Name}' is {_fields[field].Type}, not {type}", nameof(field));
}
