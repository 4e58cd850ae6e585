namespace Cluster.Train.Training;

/// <summary>
/// Where <see cref="IDataset.Read"/> writes: one block of memory a field, <c>[samples, elements]</c>, row-major. Fields whose samples
/// differ in length are written sample by sample; beyond their lengths they hold the padding already.
/// </summary>
public readonly unsafe ref struct BatchBuffers
{
    private readonly ReadOnlySpan<nint> _pointers;
    private readonly IReadOnlyList<FieldSpec> _fields;
    private readonly PaddedFields? _padded;
    private readonly int _slot;
    private readonly int _samples;
    private readonly ReadOnlySpan<int> _numbers;
    private readonly long _seed;
    private readonly int _epoch;

    internal BatchBuffers(ReadOnlySpan<nint> pointers, IReadOnlyList<FieldSpec> fields, int samples, PaddedFields? padded = null, int slot = 0)
    {
        _pointers = pointers;
        _fields = fields;
        _samples = samples;
        (_padded, _slot) = (padded, slot);
    }

    private BatchBuffers(BatchBuffers buffers, long seed, ReadOnlySpan<int> numbers, int epoch)
    {
        this = buffers;
        _seed = seed;
        _numbers = numbers;
        _epoch = epoch;
    }

    /// <summary>The buffer of a <see cref="FieldType.Float32"/> field: samples × elements.</summary>
    /// <exception cref="ArgumentException">The field has another type, or its samples differ in length.</exception>
    public Span<float> Floats(int field) => Whole<float>(field, FieldType.Float32);

    /// <summary>The buffer of an <see cref="FieldType.Int64"/> field: samples × elements.</summary>
    /// <exception cref="ArgumentException">The field has another type, or its samples differ in length.</exception>
    public Span<long> Integers(int field) => Whole<long>(field, FieldType.Int64);

    /// <summary>The buffer of a <see cref="FieldType.UInt8"/> field: samples × elements.</summary>
    /// <exception cref="ArgumentException">The field has another type, or its samples differ in length.</exception>
    public Span<byte> Bytes(int field) => Whole<byte>(field, FieldType.UInt8);

    /// <summary>The buffer of one sample of a <see cref="FieldType.Float32"/> field: as long as <see cref="IDataset.LengthOf"/> said, times the elements of a place.</summary>
    /// <param name="field">The field.</param>
    /// <param name="position">The sample's place in the batch, from 0.</param>
    /// <exception cref="ArgumentException">The field has another type.</exception>
    public Span<float> Floats(int field, int position) => Sample<float>(field, position, FieldType.Float32);

    /// <summary>The same of an <see cref="FieldType.Int64"/> field.</summary>
    /// <inheritdoc cref="Floats(int, int)"/>
    public Span<long> Integers(int field, int position) => Sample<long>(field, position, FieldType.Int64);

    /// <summary>The same of a <see cref="FieldType.UInt8"/> field.</summary>
    /// <inheritdoc cref="Floats(int, int)"/>
    public Span<byte> Bytes(int field, int position) => Sample<byte>(field, position, FieldType.UInt8);

    /// <summary>Writes a whole sample of a field.</summary>
    /// <param name="field">The field.</param>
    /// <param name="position">The sample's place in the batch, from 0.</param>
    /// <param name="values">All its values, row-major.</param>
    /// <exception cref="BadInputException">They are more or fewer than <see cref="IDataset.LengthOf"/> or the field's shape said.</exception>
    /// <exception cref="ArgumentException">The field has another type.</exception>
    public void Write(int field, int position, ReadOnlySpan<float> values) => Put(field, position, values, Floats(field, position));

    /// <inheritdoc cref="Write(int, int, ReadOnlySpan{float})"/>
    public void Write(int field, int position, ReadOnlySpan<long> values) => Put(field, position, values, Integers(field, position));

    /// <inheritdoc cref="Write(int, int, ReadOnlySpan{float})"/>
    public void Write(int field, int position, ReadOnlySpan<byte> values) => Put(field, position, values, Bytes(field, position));

    /// <summary>
    /// Random numbers for one sample, for example to augment it: each time the same for this job's seed, this epoch and this
    /// sample, whichever worker reads it, in whichever process. (<see cref="HashCode"/> and <c>new Random()</c> are neither.)
    /// </summary>
    /// <param name="position">The sample's place in the batch, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The batch has no such place.</exception>
    public StableRandom Random(int position) => new(RandomGate.ShardSeed(_seed, _epoch, _numbers[position]), stream: 1);

    /// <summary>The same buffers, with what the random numbers depend on.</summary>
    internal BatchBuffers Seeded(long seed, ReadOnlySpan<int> numbers, int epoch) => new(this, seed, numbers, epoch);

    private Span<T> Whole<T>(int field, FieldType type) => _fields[field].IsSequence
        ? throw new ArgumentException($"the samples of field '{_fields[field].Name}' differ in length: write them one by one, with Write or a position", nameof(field))
        : new((void*)Pointer(field, type), checked(_samples * _fields[field].Elements));

    private Span<T> Sample<T>(int field, int position, FieldType type)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)position, (uint)_samples, nameof(position));
        var (start, length) = (Pointer(field, type), _fields[field].ElementsOfOne);
        var stride = length;
        if (_fields[field].IsSequence)
        {
            stride = checked(_padded!.Extent(_slot, field) * length);
            length *= (int)((long*)_pointers[_padded.LengthField(field)])[position];
        }

        return new((T*)start + ((long)position * stride), length);
    }

    private void Put<T>(int field, int position, ReadOnlySpan<T> values, Span<T> into)
    {
        if (values.Length != into.Length)
        {
            var sample = position < _numbers.Length ? Invariant($"sample {_numbers[position]}") : Invariant($"the sample at {position}");
            throw new BadInputException(Invariant(
                $"{sample} has {values.Length} values of '{_fields[field].Name}', but {(_fields[field].IsSequence ? "LengthOf said" : "its shape is")} {into.Length}"));
        }

        values.CopyTo(into);
    }

    private nint Pointer(int field, FieldType type) => _fields[field].Type == type
        ? _pointers[field]
        : throw new ArgumentException($"field '{_fields[field].Name}' is {_fields[field].Type}, not {type}", nameof(field));
}
