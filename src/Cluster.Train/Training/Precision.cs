using Cluster.Train.Native;
using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>What products are computed in. Parameters, gradients and the update are float32 in any case.</summary>
public enum Precision
{
    /// <summary>Everything in float32.</summary>
    Float32,

    /// <summary>
    /// Forward pass and loss by libtorch's autocast: matrix products and convolutions in bfloat16 (8 bits of mantissa), losses and
    /// the like in float32. What Predict returns is float32 again.
    /// </summary>
    BFloat16,
}

/// <summary>Names of precisions.</summary>
public static class Precisions
{
    /// <summary>The job's field.</summary>
    internal const string Field = "precision";

    /// <summary>As on the command line.</summary>
    public static IReadOnlyList<(string Word, Precision Value)> All { get; } = [("float32", Precision.Float32), ("bf16", Precision.BFloat16)];

    /// <summary>Why the bits are not those of every processor.</summary>
    public const string NotPortable =
        "each processor rounds products in bfloat16 in its own way (AMX, AVX512-BF16, or neither), and so its bits cannot be those of every processor; leave one of the two out";

    /// <summary>The word of one.</summary>
    public static string Name(Precision precision) => All.First(choice => choice.Value == precision).Word;

    /// <exception cref="FormatException">It is none.</exception>
    internal static Precision Parse(string text) =>
        All.Where(choice => choice.Word == text).Select(choice => (Precision?)choice.Value).FirstOrDefault() ?? throw new FormatException();

    /// <summary>The autocast of a precision; null where there is none.</summary>
    internal static Autocast? AutocastOf(Precision precision, torch.Device device) =>
        precision == Precision.BFloat16 ? Autocast.ToBFloat16(device.type == DeviceType.CUDA) : null;

    /// <summary>What an exception under autocast may be about; empty where it is not.</summary>
    internal static string Advice(Precision precision, string message) =>
        precision == Precision.BFloat16 && (message.Contains("BFloat16", StringComparison.OrdinalIgnoreCase) || message.Contains("dtype", StringComparison.OrdinalIgnoreCase) || message.Contains("scalar type", StringComparison.OrdinalIgnoreCase))
            ? "; with --precision bf16 results of products are bfloat16: give this operation to_type(torch.ScalarType.Float32) of them, or leave --precision out"
            : "";
}
