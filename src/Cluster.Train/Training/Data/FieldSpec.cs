namespace Cluster.Train.Training;

/// <summary>The element types a field can have.</summary>
public enum FieldType
{
    /// <summary>32-bit floating point.</summary>
    Float32,

    /// <summary>64-bit integer: class numbers, tokens.</summary>
    Int64,

    /// <summary>A byte: pixels, in a quarter of the memory; on the device float32 with <see cref="FieldSpec.Scaling"/>, uint8 without.</summary>
    UInt8,
}

/// <summary>One field of a sample.</summary>
/// <param name="Name">For messages, for example "pixels".</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Shape of one sample, without the batch dimension; empty for a scalar.</param>
public sealed record FieldSpec(string Name, FieldType Type, params long[] Shape)
{
    /// <summary>Elements of one sample.</summary>
    public int Elements { get; } = checked((int)Shape.Aggregate(1L, (product, extent) => product * extent));

    /// <summary>Bytes of one element.</summary>
    public int ElementSize => Type switch
    {
        FieldType.Float32 => sizeof(float),
        FieldType.Int64 => sizeof(long),
        _ => sizeof(byte),
    };

    /// <summary>What becomes of a field of bytes on the device: float32 by this rule, or, where it is null, the bytes themselves.</summary>
    public ByteScaling? Scaling { get; init; }
}
