using System.IO.Hashing;
using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>
/// The memory of a ring of batches: for each field one aligned block, cut into slots that start at multiples of 64
/// bytes. The loader thread writes through <see cref="Buffers"/>, without libtorch; the compute thread gets tensors
/// over the same memory from <see cref="BatchIn"/>, made once for each slot and number of samples.
/// </summary>
internal sealed unsafe class BatchSlots : IDisposable
{
    private const int Alignment = 64;

    private readonly IReadOnlyList<FieldSpec> _fields;
    private readonly PaddedFields? _padded;
    private readonly FloatBlock?[] _floats;
    private readonly Func<torch.Tensor>[] _tensorOf;
    private readonly ByteConversion?[]? _conversions;
    private readonly long[] _stride;
    private readonly nint[] _pointers;
    private readonly torch.Tensor?[] _whole;
    private readonly List<Batch>[] _batches;

    internal BatchSlots(IReadOnlyList<FieldSpec> fields, int samples, int slots)
    {
        _padded = PaddedFields.Of(fields, slots);
        _fields = fields = PaddedFields.WithLengths(fields);
        Count = slots;
        _floats = new FloatBlock?[fields.Count];
        _tensorOf = new Func<torch.Tensor>[fields.Count];
        _conversions = fields.Any(field => field.Scaling is not null) ? [.. fields.Select(ByteConversion.Of)] : null;
        _stride = new long[fields.Count];
        _whole = new torch.Tensor?[fields.Count];
        _pointers = new nint[slots * fields.Count];
        _batches = [.. Enumerable.Range(0, slots).Select(_ => new List<Batch>())];
        for (var f = 0; f < fields.Count; f++)
        {
            var field = fields[f];
            _stride[f] = StrideBytes(field, samples) / field.ElementSize;
            var start = Allocate(f, _stride[f] * slots);
            for (var slot = 0; slot < slots; slot++)
            {
                _pointers[(slot * fields.Count) + f] = start + (nint)(slot * _stride[f] * field.ElementSize);
            }
        }
    }

    /// <summary>Number of slots.</summary>
    internal int Count { get; }

    /// <summary>Bytes of one slot.</summary>
    internal static long SlotBytes(IReadOnlyList<FieldSpec> fields, int samples) =>
        PaddedFields.WithLengths(fields).Sum(field => StrideBytes(field, samples));

    /// <summary>Where a dataset writes samples of its own into a slot. It is asked for their lengths, where they differ.</summary>
    /// <exception cref="BadInputException">A sample is longer than its field may be.</exception>
    internal BatchBuffers Buffers(int slot, IDataset dataset, ReadOnlySpan<int> samples)
    {
        var pointers = _pointers.AsSpan(slot * _fields.Count, _fields.Count);
        _padded?.Prepare(dataset, samples, slot, pointers);
        return new(pointers, _fields, samples.Length, _padded, slot);
    }

    /// <summary>The batch of the first <paramref name="samples"/> samples in a slot. Compute thread only.</summary>
    internal Batch BatchIn(int slot, int samples)
    {
        // A job has at most four sizes: two of a full batch's shards, two of the epoch's tail. Lengths are without number: then
        // only what was made last is kept.
        var known = _batches[slot];
        if (_padded?.Viewed(slot) == false)
        {
            Drop(known);
        }

        for (var i = 0; i < known.Count; i++)
        {
            if (known[i].Count == samples)
            {
                return known[i];
            }
        }

        var made = new Batch([.. Enumerable.Range(0, _fields.Count).Select(f => View(f, slot, samples))], samples)
        {
            Conversions = _conversions,
            LengthFields = _padded?.LengthFields,
        };
        known.Add(made);
        return made;
    }

    /// <summary>A hash of what a field holds of the first <paramref name="samples"/> samples in a slot.</summary>
    internal ulong Content(int slot, int samples, int field) => XxHash3.HashToUInt64(Bytes(slot, samples, field));

    /// <summary>What a field holds of the first <paramref name="samples"/> samples in a slot.</summary>
    internal ReadOnlySpan<byte> Bytes(int slot, int samples, int field) =>
        new((void*)_pointers[(slot * _fields.Count) + field], checked(samples * ElementsIn(slot, field) * _fields[field].ElementSize));

    /// <summary>Disposes the tensors; the blocks go with the garbage collector, after the last writer.</summary>
    public void Dispose()
    {
        Array.ForEach(_batches, Drop);
        for (var f = 0; f < _fields.Count; f++)
        {
            _whole[f]?.Dispose();
            _whole[f] = null;
            _floats[f]?.Dispose();
            _conversions?[f]?.Dispose();
        }
    }

    private void Drop(List<Batch> known)
    {
        foreach (var tensor in known.SelectMany(batch => batch.Tensors))
        {
            tensor.Dispose();
        }

        known.Clear();
    }

    private nint Allocate(int field, long length)
    {
        switch (_fields[field].Type)
        {
            case FieldType.Float32:
                var floats = FloatBlock.Allocate(length);
                (_floats[field], _tensorOf[field]) = (floats, floats.AsTensor);
                return (nint)floats.Pointer;
            case FieldType.Int64:
                var integers = new HeapValueBlock<long>(length, torch.ScalarType.Int64);
                _tensorOf[field] = integers.AsTensor;
                return (nint)integers.Pointer;
            default:
                var bytes = new HeapValueBlock<byte>(length, torch.ScalarType.Byte);
                _tensorOf[field] = bytes.AsTensor;
                return (nint)bytes.Pointer;
        }
    }

    private torch.Tensor View(int field, int slot, int samples)
    {
        // Neither the step's dispose scope nor its gradient mode may reach tensors that outlive the step.
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var whole = _whole[field] ??= _tensorOf[field]().DetachFromDisposeScope();
        var spec = _fields[field];
        long[] shape = spec.IsSequence ? [samples, _padded!.Extent(slot, field), .. spec.Shape[1..]] : [samples, .. spec.Shape];
        return whole.narrow(0, slot * _stride[field], (long)samples * ElementsIn(slot, field))
            .view(shape)
            .DetachFromDisposeScope();
    }

    /// <summary>Elements of one sample of the batch in a slot, padding included.</summary>
    private int ElementsIn(int slot, int field) => _fields[field] is { IsSequence: true } sequence
        ? checked(_padded!.Extent(slot, field) * sequence.ElementsOfOne)
        : _fields[field].Elements;

    private static long StrideBytes(FieldSpec field, int samples) =>
        ((((long)samples * field.Elements * field.ElementSize) + Alignment - 1) / Alignment) * Alignment;
}
