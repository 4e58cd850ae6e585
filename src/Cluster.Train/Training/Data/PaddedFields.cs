namespace Cluster.Train.Training;

/// <summary>
/// Which fields of a ring of batches differ in length, and how long the batch in each slot is. The lengths themselves are a
/// field of their own behind the dataset's, one for each such field, so that they travel with the batch.
/// </summary>
internal sealed unsafe class PaddedFields
{
    private readonly IReadOnlyList<FieldSpec> _fields;
    private readonly int[] _lengthFields;
    private readonly int[] _extents;
    private readonly int[] _viewed;

    private PaddedFields(IReadOnlyList<FieldSpec> fields, int[] lengthFields, int slots)
    {
        (_fields, _lengthFields) = (fields, lengthFields);
        _extents = new int[slots * fields.Count];
        _viewed = new int[slots * fields.Count];
    }

    /// <summary>For each of the dataset's fields, where its lengths stand; -1 where all its samples are as long.</summary>
    internal IReadOnlyList<int> LengthFields => _lengthFields;

    /// <summary>The dataset's fields, and those of the lengths behind them.</summary>
    internal static IReadOnlyList<FieldSpec> WithLengths(IReadOnlyList<FieldSpec> fields) => fields.Any(field => field.IsSequence)
        ? [.. fields, .. fields.Where(field => field.IsSequence).Select(field => new FieldSpec($"length of {field.Name}", FieldType.Int64))]
        : fields;

    /// <summary>Of a dataset's fields; null where none differs in length.</summary>
    internal static PaddedFields? Of(IReadOnlyList<FieldSpec> fields, int slots)
    {
        if (!fields.Any(field => field.IsSequence))
        {
            return null;
        }

        var next = fields.Count;
        return new PaddedFields(fields, [.. fields.Select(field => field.IsSequence ? next++ : -1)], slots);
    }

    /// <summary>Which field holds a field's lengths.</summary>
    internal int LengthField(int field) => _lengthFields[field];

    /// <summary>How long the batch in a slot is.</summary>
    internal int Extent(int slot, int field) => _extents[(slot * _fields.Count) + field];

    /// <summary>Asks for the lengths of a batch's samples and pads it; the dataset writes over that.</summary>
    internal void Prepare(IDataset dataset, ReadOnlySpan<int> samples, int slot, ReadOnlySpan<nint> pointers)
    {
        for (var field = 0; field < _fields.Count; field++)
        {
            if (!_fields[field].IsSequence)
            {
                continue;
            }

            var (spec, longest) = (_fields[field], 1);
            var lengths = new Span<long>((void*)pointers[_lengthFields[field]], samples.Length);
            for (var i = 0; i < samples.Length; i++)
            {
                var length = dataset.LengthOf(samples[i], field);
                if (length < 0 || length > spec.Longest)
                {
                    throw new BadInputException(WrongLength(samples[i], length, spec));
                }

                lengths[i] = length;
                longest = Math.Max(longest, length);
            }

            _extents[(slot * _fields.Count) + field] = longest;
            Pad((void*)pointers[field], spec, checked(samples.Length * longest * spec.ElementsOfOne));
        }
    }

    /// <summary>Whether the tensors that were made last of a slot still have its lengths; takes down that they have now.</summary>
    internal bool Viewed(int slot)
    {
        var now = _extents.AsSpan(slot * _fields.Count, _fields.Count);
        var before = _viewed.AsSpan(slot * _fields.Count, _fields.Count);
        if (now.SequenceEqual(before))
        {
            return true;
        }

        now.CopyTo(before);
        return false;
    }

    /// <summary>What is wrong with a length.</summary>
    internal static string WrongLength(int sample, int length, FieldSpec field) => length < 0
        ? Invariant($"LengthOf gave {length} for sample {sample} of '{field.Name}'; a length is at least 0")
        : Invariant($"sample {sample} is {length} long in '{field.Name}', and its longest may be {field.Longest}: cut it in LengthOf and Read, or raise Longest");

    /// <summary>Whether a field's type has its padding.</summary>
    internal static bool CanPad(FieldSpec field) => field.Type switch
    {
        FieldType.Float32 => true,
        FieldType.Int64 => field.Padding == Math.Truncate(field.Padding) && Math.Abs(field.Padding) < 1L << 53,
        _ => field.Padding == Math.Truncate(field.Padding) && field.Padding is >= byte.MinValue and <= byte.MaxValue,
    };

    private static void Pad(void* start, FieldSpec field, int elements)
    {
        switch (field.Type)
        {
            case FieldType.Float32:
                new Span<float>(start, elements).Fill((float)field.Padding);
                break;
            case FieldType.Int64:
                new Span<long>(start, elements).Fill((long)field.Padding);
                break;
            default:
                new Span<byte>(start, elements).Fill((byte)field.Padding);
                break;
        }
    }
}
