using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>A field's <see cref="ByteScaling"/> with its numbers on the device. One compute thread.</summary>
internal sealed class ByteConversion : IDisposable
{
    private readonly ByteScaling _scaling;
    private readonly long[] _channels;
    private readonly Dictionary<(DeviceType, int), (torch.Tensor? Mean, torch.Tensor? Deviation)> _numbers = [];

    private ByteConversion(FieldSpec field, ByteScaling scaling) =>
        (_scaling, _channels) = (scaling, [.. Enumerable.Repeat(1L, Math.Max(0, field.Shape.Length - 1)).Prepend(-1L)]);

    /// <summary>Of a field; null where its values stay what they are.</summary>
    internal static ByteConversion? Of(FieldSpec field) => field.Scaling is { } scaling ? new ByteConversion(field, scaling) : null;

    /// <summary>The numbers that the bytes stand for, a new tensor on their device.</summary>
    internal torch.Tensor Apply(torch.Tensor bytes)
    {
        var (mean, deviation) = NumbersOn(bytes.device);
        var values = bytes.to(torch.ScalarType.Float32);
        values.div_(_scaling.Divisor);
        if (mean is not null)
        {
            values.sub_(mean);
        }

        if (deviation is not null)
        {
            values.div_(deviation);
        }

        return values;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (mean, deviation) in _numbers.Values)
        {
            mean?.Dispose();
            deviation?.Dispose();
        }

        _numbers.Clear();
    }

    private (torch.Tensor? Mean, torch.Tensor? Deviation) NumbersOn(torch.Device device)
    {
        if (!_numbers.TryGetValue((device.type, device.index), out var numbers))
        {
            numbers = (On(_scaling.Mean, device), On(_scaling.StandardDeviation, device));
            _numbers.Add((device.type, device.index), numbers);
        }

        return numbers;
    }

    private torch.Tensor? On(IReadOnlyList<float> values, torch.Device device)
    {
        if (values.Count == 0)
        {
            return null;
        }

        // They outlive the step, whose dispose scope frees what is made in it.
        using var scope = torch.NewDisposeScope();
        var list = torch.tensor([.. values]).to(device);
        return (values.Count == 1 ? list : list.view(_channels)).DetachFromDisposeScope();
    }
}
