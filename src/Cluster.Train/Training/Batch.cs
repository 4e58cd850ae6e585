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

    /// <summary>All fields.</summary>
    internal IReadOnlyList<torch.Tensor> Tensors => tensors;

    /// <summary>The same samples on a device; this batch itself where it is there already.</summary>
    internal Batch To(torch.Device device) => device.type == DeviceType.CPU
        ? this
        : new Batch([.. tensors.Select(tensor => tensor.to(device))], Count);
}
