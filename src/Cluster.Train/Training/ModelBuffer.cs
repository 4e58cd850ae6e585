using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>
/// One buffer of a module, and its way to the flat vector and back. A dense one on the processor is read and written in
/// place, since that happens for every shard; any other through a copy.
/// </summary>
internal sealed unsafe class ModelBuffer
{
    private readonly torch.Tensor _tensor;
    private readonly void* _memory;
    private readonly long[] _integers;

    internal ModelBuffer(TensorEntry entry, torch.Tensor tensor)
    {
        (Entry, _tensor) = (entry, tensor);
        var count = checked((int)entry.Count);
        Length = entry.Role == TensorRole.IntegerBuffer ? checked(count * ParameterLayout.LimbsPerInteger) : count;
        _integers = new long[entry.Role == TensorRole.IntegerBuffer ? count : 0];
        var inPlace = count > 0 && tensor.device_type == DeviceType.CPU && tensor.is_contiguous()
            && tensor.dtype is torch.ScalarType.Float32 or torch.ScalarType.Int64;
        _memory = inPlace ? (void*)TensorValues.Address(tensor) : null;
    }

    internal TensorEntry Entry { get; }

    /// <summary>Whether it is read and written in place; one without values is.</summary>
    internal bool IsInPlace => _memory != null || Entry.Count == 0;

    /// <summary>The module's tensor.</summary>
    internal torch.Tensor Tensor => _tensor;

    /// <summary>How many floats of the flat vector hold it.</summary>
    internal int Length { get; }

    /// <summary>Sets the module's buffer.</summary>
    /// <param name="source">Its part of the flat vector.</param>
    internal void Read(ReadOnlySpan<float> source)
    {
        if (Entry.Role == TensorRole.IntegerBuffer)
        {
            IntegerLimbs.Decode(source, _integers);
            Assign<long>(_integers);
        }
        else
        {
            Assign(source);
        }
    }

    /// <summary>Copies the module's buffer.</summary>
    /// <param name="destination">Its part of a flat vector.</param>
    internal void Write(Span<float> destination)
    {
        if (Entry.Role != TensorRole.IntegerBuffer)
        {
            (_memory != null ? new ReadOnlySpan<float>(_memory, Length) : TensorValues.Floats(_tensor)).CopyTo(destination);
        }
        else if (_memory != null)
        {
            IntegerLimbs.Encode(new ReadOnlySpan<long>(_memory, _integers.Length), destination);
        }
        else
        {
            IntegerLimbs.Encode(TensorValues.Integers(_tensor), destination);
        }
    }

    private void Assign<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        if (_memory != null)
        {
            values.CopyTo(new Span<T>(_memory, values.Length));
        }
        else
        {
            TensorValues.Assign(_tensor, values);
        }
    }
}
