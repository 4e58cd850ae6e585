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
/// <param name="Shape">Shape of one sample, without the batch dimension; empty for a scalar, -1 first where samples differ in length (<see cref="Sequence"/>).</param>
public sealed record FieldSpec(string Name, FieldType Type, params long[] Shape)
{
    private readonly int _elementsOfOne = checked((int)Shape.Skip(IsVariable(Shape) ? 1 : 0).Aggregate(1L, (product, extent) => product * extent));

    /// <summary>
    /// A field whose samples differ in length: tokens, measurements over time. The batch of a shard is as long as its longest
    /// sample, and at least 1; what is beyond a sample's own length is <see cref="Padding"/>. <see cref="Batch.Lengths"/> and
    /// <see cref="Batch.Mask"/> tell the two apart.
    /// </summary>
    /// <param name="name">For messages, for example "tokens".</param>
    /// <param name="type">Element type.</param>
    /// <param name="longest">The most that a sample may be long; a longer one is refused, so a dataset cuts it if that is meant.</param>
    /// <param name="element">Shape of what stands at one place; none for a scalar.</param>
    public static FieldSpec Sequence(string name, FieldType type, int longest, params long[] element)
    {
        ArgumentNullException.ThrowIfNull(element);
        ArgumentOutOfRangeException.ThrowIfLessThan(longest, 1);
        return new FieldSpec(name, type, [-1, .. element]) { Longest = longest };
    }

    /// <summary>Elements of one sample; of the longest, where samples differ in length.</summary>
    public int Elements => IsSequence ? checked(Longest * _elementsOfOne) : _elementsOfOne;

    /// <summary>Bytes of one element.</summary>
    public int ElementSize => Type switch
    {
        FieldType.Float32 => sizeof(float),
        FieldType.Int64 => sizeof(long),
        _ => sizeof(byte),
    };

    /// <summary>What becomes of a field of bytes on the device: float32 by this rule, or, where it is null, the bytes themselves.</summary>
    public ByteScaling? Scaling { get; init; }

    /// <summary>The most that a sample may be long, in places; 0 where all samples have the same shape.</summary>
    public int Longest { get; init; }

    /// <summary>What stands beyond a sample's own length: 0, or for example -100, which <c>cross_entropy</c> ignores in targets.</summary>
    public double Padding { get; init; }

    /// <summary>Whether samples differ in length.</summary>
    internal bool IsSequence => IsVariable(Shape);

    /// <summary>Elements of one place of a sequence; of the whole sample in other fields.</summary>
    internal int ElementsOfOne => _elementsOfOne;

    private static bool IsVariable(long[] shape) => shape.Length > 0 && shape[0] == -1;
}
