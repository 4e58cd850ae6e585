using Cluster.Train.Native;
using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>
/// A block in the memory of the device that a replica computes on, so that gradients, sums and parameters never leave it.
/// Its device may be the processor, too, by which this is tested where there is no GPU. All that is done in it goes by
/// libtorch's operations, which a GPU carries out in the order in which one thread asked for them.
/// </summary>
internal sealed class DeviceFloatBlock : FloatBlock
{
    private readonly torch.Tensor _values;
    private readonly torch.Device _device;

    internal DeviceFloatBlock(long length, torch.Device device)
    {
        (Length, _device) = (length, device);
        _values = torch.zeros(length, torch.ScalarType.Float32, device).DetachFromDisposeScope();
        // Another member's stream of work may write to it next.
        CudaStream.Finish();
    }

    /// <inheritdoc/>
    public override torch.Tensor AsTensor() => _values.alias();

    internal override ReadOnlySpan<float> Read(long start, int count)
    {
        using var computing = FinalizerGate.Enter();
        using var piece = _values.narrow(0, start, count);
        return TensorValues.Floats(piece);
    }

    internal override void Write(long start, ReadOnlySpan<float> values)
    {
        using var computing = FinalizerGate.Enter();
        using var piece = _values.narrow(0, start, values.Length);
        TensorValues.Assign(piece, values);
    }

    internal override bool BeginsFinite(long count)
    {
        using var computing = FinalizerGate.Enter();
        using var scope = torch.NewDisposeScope();
        return _values.narrow(0, 0, count).isfinite().all().item<bool>();
    }

    internal override void Clear()
    {
        using var computing = FinalizerGate.Enter();
        _ = _values.zero_();
    }

    internal override void CopyTo(FloatBlock destination)
    {
        using var computing = FinalizerGate.Enter();
        _ = ((DeviceFloatBlock)destination)._values.copy_(_values);
    }

    internal override void Add(FloatBlock other)
    {
        using var computing = FinalizerGate.Enter();
        _ = _values.add_(((DeviceFloatBlock)other)._values);
    }

    internal override FloatBlock AllocateAlike() => new DeviceFloatBlock(Length, _device);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _values.Dispose();
        }
    }
}
