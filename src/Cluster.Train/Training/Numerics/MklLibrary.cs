using System.Runtime.InteropServices;

namespace Cluster.Train.Training.Numerics;

/// <summary>
/// MKL, which computes libtorch's matrix products. libtorch has it inside itself, under names of its own
/// (<c>mkl_serv_…</c> for what Intel's manual calls <c>mkl_…</c>).
/// </summary>
internal static class MklLibrary
{
    /// <summary>The address of one of its functions in the libtorch that is loaded; 0 where that does not export it, as on Windows.</summary>
    internal static nint Find(string function) =>
        NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "torch_cpu" : "libtorch_cpu.so", out var library)
        && NativeLibrary.TryGetExport(library, function, out var address)
            ? address
            : 0;
}
