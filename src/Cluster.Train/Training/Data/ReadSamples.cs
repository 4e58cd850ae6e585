using System.Runtime.InteropServices;
using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>
/// Samples of a dataset as a training would read them: for a unit test of one's own <see cref="IDataset.Read"/>, or to give
/// new samples to a model. Libtorch is used only where <see cref="Batch"/> is asked for.
/// </summary>
/// <example>
/// <code>
/// using var read = ReadSamples.Of(new SpiralPoints(seed: 1), [0, 7]);
/// Assert.Equal(2, read.Floats(0)[..2].Length);
/// using var prediction = model.Predict(read.Batch);
/// </code>
/// </example>
public sealed class ReadSamples : IDisposable
{
    private readonly BatchSlots _slots;
    private readonly IReadOnlyList<FieldSpec> _fields;
    private readonly int _count;
    private Batch? _batch;

    private ReadSamples(IReadOnlyList<FieldSpec> fields, int count)
    {
        (_fields, _count) = (fields, count);
        _slots = new BatchSlots(fields, count, slots: 1);
    }

    /// <summary>The samples as tensors on the processor, one a field, of shape <c>[samples, …]</c>; valid until <see cref="Dispose"/>.</summary>
    public Batch Batch => _batch ??= AsTaskSeesIt();

    /// <summary>Reads samples.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="samples">Their numbers, at least one.</param>
    /// <param name="epoch">The epoch, counted from 0; -1 for reading as an evaluation does.</param>
    /// <param name="seed">The job's seed, on which <see cref="BatchBuffers.Random"/> depends.</param>
    /// <exception cref="ArgumentException">There is no sample.</exception>
    public static ReadSamples Of(IDataset dataset, ReadOnlySpan<int> samples, int epoch = -1, long seed = 0)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        if (samples.IsEmpty)
        {
            throw new ArgumentException("name at least one sample", nameof(samples));
        }

        var read = new ReadSamples(dataset.Fields, samples.Length);
        try
        {
            dataset.Read(samples, epoch, read._slots.Buffers(slot: 0, dataset, samples).Seeded(seed, samples, epoch));
            return read;
        }
        catch
        {
            read.Dispose();
            throw;
        }
    }

    /// <summary>A field's values: samples × elements, row-major; valid until <see cref="Dispose"/>.</summary>
    /// <exception cref="ArgumentException">The field has another type.</exception>
    public ReadOnlySpan<float> Floats(int field) => MemoryMarshal.Cast<byte, float>(Bytes(field, FieldType.Float32));

    /// <inheritdoc cref="Floats"/>
    public ReadOnlySpan<long> Integers(int field) => MemoryMarshal.Cast<byte, long>(Bytes(field, FieldType.Int64));

    /// <inheritdoc cref="Floats"/>
    public ReadOnlySpan<byte> Bytes(int field) => Bytes(field, FieldType.UInt8);

    /// <summary>Frees the memory and the tensors.</summary>
    public void Dispose()
    {
        foreach (var tensor in _batch?.Tensors ?? [])
        {
            tensor.Dispose();
        }

        _slots.Dispose();
    }

    private Batch AsTaskSeesIt()
    {
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        var batch = _slots.BatchIn(slot: 0, _count).To(torch.CPU);
        foreach (var tensor in batch.Tensors)
        {
            tensor.DetachFromDisposeScope();
        }

        return batch;
    }

    private ReadOnlySpan<byte> Bytes(int field, FieldType type) => _fields[field].Type == type
        ? _slots.Bytes(slot: 0, _count, field)
        : throw new ArgumentException($"field '{_fields[field].Name}' is {_fields[field].Type}, not {type}", nameof(field));
}
