using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>The tensors of one shard's samples, on the replica's device, one a field, each of shape <c>[batch, …]</c>.</summary>
/// <param name="tensors">In the order of <see cref="IDataset.Fields"/>. Owned by the loader: a task must not change, dispose or keep them.</param>
/// <param name="count">Number of samples.</param>
public sealed class Batch(IReadOnlyList<torch.Tensor> tensors, int count)
{
    /// <summary>Number of samples.</summary>
    public int Count { get; } = count;

    /// <summary>The first field: what the model is given.</summary>
    public torch.Tensor Input => tensors[0];

    /// <summary>The second field: what it should answer.</summary>
    public torch.Tensor Target => tensors[1];

    /// <summary>Any field by its number in <see cref="IDataset.Fields"/>.</summary>
    public torch.Tensor this[int field] => tensors[field];

    /// <summary>How the data has scaled the targets; null where it has not said so. For metrics: errors are told in the targets' own unit.</summary>
    public TargetScaling? TargetScaling { get; init; }

    /// <summary>All fields.</summary>
    internal IReadOnlyList<torch.Tensor> Tensors => tensors;

    /// <summary>What is still to be made of the fields of bytes, a field each; null for nothing.</summary>
    internal IReadOnlyList<ByteConversion?>? Conversions { get; init; }

    /// <summary>The same samples on a device, as the task sees them; this batch itself where it is that already.</summary>
    internal Batch To(torch.Device device)
    {
        var here = device.type == DeviceType.CPU;
        return here && Conversions is null
            ? this
            : new Batch([.. tensors.Select((tensor, field) => Converted(here ? tensor : tensor.to(device), field))], Count) { TargetScaling = TargetScaling };
    }

    /// <summary>The same samples, with how their targets were scaled.</summary>
    internal Batch Scaled(TargetScaling? scaling) => scaling is null ? this : new Batch(tensors, Count) { TargetScaling = scaling, Conversions = Conversions };

    private torch.Tensor Converted(torch.Tensor tensor, int field) => Conversions?[field]?.Apply(tensor) ?? tensor;
}
