namespace Cluster.Train.Checkpoints;

/// <summary>The element types of a checkpoint's tensors: those that parameters, optimizer state and buffers have.</summary>
internal enum TensorType
{
    /// <summary>32-bit IEEE 754, "F32" in the file.</summary>
    Float32,

    /// <summary>16-bit IEEE 754, "F16"; in files of weights that others wrote.</summary>
    Float16,

    /// <summary>The upper half of a float32, "BF16"; likewise.</summary>
    BFloat16,

    /// <summary>Signed 64-bit integer, "I64".</summary>
    Int64,

    /// <summary>Signed 32-bit integer, "I32".</summary>
    Int32,

    /// <summary>Unsigned byte, "U8".</summary>
    UInt8,

    /// <summary>One byte, 0 or 1, "BOOL".</summary>
    Bool,
}

/// <summary>How the element types are written in a safetensors file.</summary>
internal static class TensorTypes
{
    /// <summary>All of them, for messages.</summary>
    internal const string All = "F32, F16, BF16, I64, I32, U8, BOOL";

    internal static string Code(this TensorType type) => type switch
    {
        TensorType.Float32 => "F32",
        TensorType.Float16 => "F16",
        TensorType.BFloat16 => "BF16",
        TensorType.Int64 => "I64",
        TensorType.Int32 => "I32",
        TensorType.UInt8 => "U8",
        TensorType.Bool => "BOOL",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, message: null),
    };

    /// <summary>Bytes of one element.</summary>
    internal static int Size(this TensorType type) => type switch
    {
        TensorType.Int64 => 8,
        TensorType.Float32 or TensorType.Int32 => 4,
        TensorType.Float16 or TensorType.BFloat16 => 2,
        _ => 1,
    };

    internal static TensorType? Parse(string? code) => code switch
    {
        "F32" => TensorType.Float32,
        "F16" => TensorType.Float16,
        "BF16" => TensorType.BFloat16,
        "I64" => TensorType.Int64,
        "I32" => TensorType.Int32,
        "U8" => TensorType.UInt8,
        "BOOL" => TensorType.Bool,
        _ => null,
    };

    /// <summary>Bytes of a whole tensor; null where a dimension is negative or the product does not fit 63 bits.</summary>
    internal static long? ByteLength(this TensorType type, ReadOnlySpan<long> shape)
    {
        Int128 bytes = type.Size();
        foreach (var dimension in shape)
        {
            bytes *= dimension;
            if (dimension < 0 || bytes > long.MaxValue) return null;
        }

        return (long)bytes;
    }
}
