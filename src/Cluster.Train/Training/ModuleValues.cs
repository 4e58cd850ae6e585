using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>
/// Reads what a flat vector would hold of a module, in the module's own memory, so that a large model is not copied for being looked
/// at. Only what is strided, on a GPU or a buffer is copied, a tensor at a time.
/// </summary>
/// <param name="parameters">The trainable parameters, in ascending order of offsets.</param>
/// <param name="buffers">The buffers, behind them.</param>
internal sealed unsafe class ModuleValues(IReadOnlyList<(TensorEntry Entry, torch.Tensor Tensor)> parameters, IReadOnlyList<ModelBuffer> buffers)
{
    private int _index = -1;
    private float* _memory;
    private float[]? _copy;

    /// <summary>A piece that lies within one tensor.</summary>
    internal ReadOnlySpan<float> Read(long start, int length)
    {
        if (length == 0)
        {
            return [];
        }

        if (_index < 0 || !Has(_index, start))
        {
            MoveTo(start);
        }

        var within = start - Offset(_index);
        return _copy is null ? new ReadOnlySpan<float>(_memory + within, length) : _copy.AsSpan((int)within, length);
    }

    /// <summary>Copies all values to a flat vector.</summary>
    internal void CopyTo(Span<float> vector)
    {
        for (var index = 0; index < parameters.Count + buffers.Count; index++)
        {
            Read(Offset(index), (int)Length(index)).CopyTo(vector[(int)Offset(index)..]);
        }
    }

    private bool Has(int index, long start) => start >= Offset(index) && start < Offset(index) + Length(index);

    private long Offset(int index) => index < parameters.Count ? parameters[index].Entry.Offset : buffers[index - parameters.Count].Entry.Offset;

    private long Length(int index) => index < parameters.Count ? parameters[index].Entry.Count : buffers[index - parameters.Count].Length;

    private void MoveTo(long start)
    {
        // Whoever reads goes from one tensor to the next.
        var all = parameters.Count + buffers.Count;
        _index = _index + 1 < all && Has(_index + 1, start) ? _index + 1 : Enumerable.Range(0, all).First(index => Has(index, start));
        if (_index >= parameters.Count)
        {
            var buffer = buffers[_index - parameters.Count];
            _copy = new float[buffer.Length];
            buffer.Write(_copy);
            return;
        }

        var tensor = parameters[_index].Tensor;
        var dense = tensor.device_type == DeviceType.CPU && tensor.is_contiguous();
        _memory = dense ? (float*)TensorValues.Address(tensor) : null;
        _copy = dense ? null : TensorValues.Floats(tensor);
    }
}
