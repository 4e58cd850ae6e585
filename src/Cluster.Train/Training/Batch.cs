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

    /// <summary>How long the samples are in a field of differing lengths (<see cref="FieldSpec.Sequence"/>): int64, <c>[batch]</c>. The loader's: not to be changed.</summary>
    /// <param name="field">The field's number in <see cref="IDataset.Fields"/>.</param>
    /// <exception cref="InvalidOperationException">All samples have the same shape in it.</exception>
    public torch.Tensor Lengths(int field = 0) => LengthFields is { } places && (uint)field < (uint)places.Count && places[field] >= 0
        ? tensors[places[field]]
        : throw new InvalidOperationException(Invariant($"the samples do not differ in length in field {field}: FieldSpec.Sequence makes one in which they do"));

    /// <summary>Where a field of differing lengths has values and where padding: bool, <c>[batch, longest]</c>, true for values. A new tensor.</summary>
    /// <inheritdoc cref="Lengths"/>
    public torch.Tensor Mask(int field = 0)
    {
        var lengths = Lengths(field);
        using var places = torch.arange(tensors[field].shape[1], torch.ScalarType.Int64, lengths.device);
        using var column = lengths.unsqueeze(1);
        return places.lt(column);
    }

    /// <summary>For each field which one holds its lengths, -1 for none; null where no field differs in length.</summary>
    internal IReadOnlyList<int>? LengthFields { get; init; }

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
            : new Batch([.. tensors.Select((tensor, field) => Converted(here ? tensor : tensor.to(device), field))], Count) { TargetScaling = TargetScaling, LengthFields = LengthFields };
    }

    /// <summary>The same samples, with how their targets were scaled.</summary>
    internal Batch Scaled(TargetScaling? scaling) => scaling is null ? this : new Batch(tensors, Count) { TargetScaling = scaling, Conversions = Conversions, LengthFields = LengthFields };

    /// <summary>The same samples with other values in a field, of the same shape.</summary>
    internal Batch With(int field, torch.Tensor values) =>
        new([.. tensors.Select((tensor, other) => other == field ? values : tensor)], Count) { TargetScaling = TargetScaling, Conversions = Conversions, LengthFields = LengthFields };

    /// <summary>The same samples with another field as their target, whose scaling is not known.</summary>
    internal Batch WithTarget(int field) => new([Input, tensors[field], .. tensors.Skip(2)], Count)
    {
        LengthFields = LengthFields is { } places ? [places[0], field < places.Count ? places[field] : -1, .. places.Skip(2)] : null,
    };

    private torch.Tensor Converted(torch.Tensor tensor, int field) => Conversions?[field]?.Apply(tensor) ?? tensor;
}
