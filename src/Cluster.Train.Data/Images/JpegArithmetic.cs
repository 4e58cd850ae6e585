using System.Numerics;
using System.Runtime.Intrinsics.X86;

namespace Cluster.Train.Data;

/// <summary>
/// How ImageSharp computes JPEG's cosine transform and colours: in floating point, with fused operations where the processor has
/// them, so that a few pixels in a million differ by 1. PNG files and our own resizing have the same bytes everywhere.
/// </summary>
internal static class JpegArithmetic
{
    /// <summary>Empty on every x86-64 processor with AVX2, which --portable needs; elsewhere a text that makes the data's fingerprint another one.</summary>
    internal static string Text { get; } = Avx2.IsSupported && Fma.IsSupported && Vector<byte>.Count == 32
        ? ""
        : Invariant($" jpeg decoded with avx={Avx.IsSupported} fma={Fma.IsSupported} vector={(Vector.IsHardwareAccelerated ? Vector<byte>.Count : 0)}");
}
