namespace Cluster.Train.Training;

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

    /// <summary>The buffer of a <see cref="FieldType.UInt8"/> field: samples × elements.</summary>
    /// <exception cref="ArgumentException">The field has another type.</exception>
    public Span<byte> Bytes(int field) => new((void*)Pointer(field, FieldType.UInt8), checked(_samples * _fields[field].Elements));

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
