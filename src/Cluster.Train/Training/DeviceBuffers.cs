using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>
/// A module's buffers where the flat vector lies on the device: read and contributed as <see cref="ModelBuffer"/>,
/// <see cref="IntegerLimbs"/> and <see cref="Reduction.BufferChange"/> do it on the processor, with the same bits, but without
/// leaving the device. A buffer costs one operation each way, the rest is done for all at once.
/// </summary>
internal sealed class DeviceBuffers : IDisposable
{
    private const int LimbMask = 0xFFFF;

    private readonly List<Copy> _floats = [];
    private readonly List<Copy> _integers = [];
    private readonly torch.Tensor _floatValues;
    private readonly torch.Tensor _floatChanges;
    private readonly torch.Tensor _limbValues;
    private readonly torch.Tensor _limbChanges;
    private readonly torch.Tensor _whole;
    private readonly torch.Tensor _shifts;
    private readonly torch.Tensor _mask;

    /// <summary>Binds buffers to the flat vector.</summary>
    /// <param name="buffers">The buffers.</param>
    /// <param name="layout">Where they lie in it.</param>
    /// <param name="parameters">The flat vector, on the device.</param>
    /// <param name="gradients">Where the shard's changes go, on the device.</param>
    internal DeviceBuffers(IReadOnlyList<ModelBuffer> buffers, ParameterLayout layout, torch.Tensor parameters, torch.Tensor gradients)
    {
        using var scope = torch.NewDisposeScope();
        var limbs = layout.StateLength - buffers.Where(buffer => IsInteger(buffer)).Sum(buffer => (long)buffer.Length);
        var (floats, start) = (limbs - layout.ParameterLength, layout.ParameterLength);
        _floatValues = Keep(parameters.narrow(0, start, floats));
        _floatChanges = Keep(gradients.narrow(0, start, floats));
        _limbValues = Keep(parameters.narrow(0, limbs, layout.StateLength - limbs));
        _limbChanges = Keep(gradients.narrow(0, limbs, layout.StateLength - limbs));
        _whole = Keep(torch.zeros((layout.StateLength - limbs) / ParameterLayout.LimbsPerInteger, torch.ScalarType.Int64, parameters.device));
        _shifts = Keep(torch.arange(0, 16 * ParameterLayout.LimbsPerInteger, 16, torch.ScalarType.Int64).to(parameters.device));
        _mask = Keep(torch.full(1, LimbMask, torch.ScalarType.Int64, parameters.device));
        foreach (var buffer in buffers.Where(buffer => buffer.Entry.Count > 0))
        {
            long[] shape = [.. buffer.Entry.Shape];
            if (IsInteger(buffer))
            {
                var view = Keep(_whole.narrow(0, (buffer.Entry.Offset - limbs) / ParameterLayout.LimbsPerInteger, buffer.Entry.Count).view(shape));
                _integers.Add(new Copy(buffer.Tensor, view, view));
            }
            else
            {
                _floats.Add(new Copy(
                    buffer.Tensor,
                    Keep(parameters.narrow(0, buffer.Entry.Offset, buffer.Entry.Count).view(shape)),
                    Keep(gradients.narrow(0, buffer.Entry.Offset, buffer.Entry.Count).view(shape))));
            }
        }
    }

    /// <summary>Sets the module's buffers to those of the step.</summary>
    internal void Read()
    {
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        _floats.ForEach(copy => copy.Tensor.copy_(copy.From));
        if (_integers.Count > 0)
        {
            var parts = _limbValues.view(-1, ParameterLayout.LimbsPerInteger).to_type(torch.ScalarType.Int64);
            _ = _whole.copy_(parts.bitwise_left_shift(_shifts).sum(1));
            _integers.ForEach(copy => copy.Tensor.copy_(copy.From));
        }
    }

    /// <summary>Puts the changes of the module's buffers, times the shard's weight, to the gradients; of integers, the whole change, from one shard.</summary>
    internal void Write(float weight, bool withIntegers)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        if (_floats.Count > 0)
        {
            _floats.ForEach(copy => copy.To.copy_(copy.Tensor));
            Change(_floatChanges, _floatValues, weight);
        }

        if (_integers.Count > 0 && withIntegers)
        {
            _integers.ForEach(copy => copy.To.copy_(copy.Tensor));
            _ = _limbChanges.copy_(_whole.unsqueeze(1).bitwise_right_shift(_shifts).bitwise_and(_mask).view(-1));
            Change(_limbChanges, _limbValues, weight: 1);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _floats.SelectMany(copy => new[] { copy.From, copy.To }).Concat(_integers.Select(copy => copy.From))
            .Concat([_floatValues, _floatChanges, _limbValues, _limbChanges, _whole, _shifts, _mask]))
        {
            tensor.Dispose();
        }
    }

    /// <summary>As <see cref="Reduction.BufferChange.Of"/>.</summary>
    private static void Change(torch.Tensor values, torch.Tensor before, float weight)
    {
        var change = values.sub(before).mul_(weight);
        var unchanged = values.eq(before).logical_or_(values.isnan().logical_and_(before.isnan()));
        change = change.masked_fill(unchanged, 0);
        _ = values.copy_(torch.where(before.isinf(), values.mul(weight), change));
    }

    private static bool IsInteger(ModelBuffer buffer) => buffer.Entry.Role == TensorRole.IntegerBuffer;

    private static torch.Tensor Keep(torch.Tensor tensor) => tensor.DetachFromDisposeScope();

    /// <param name="Tensor">The module's buffer.</param>
    /// <param name="From">Its value of the step.</param>
    /// <param name="To">Where the new one goes.</param>
    private sealed record Copy(torch.Tensor Tensor, torch.Tensor From, torch.Tensor To);
}
