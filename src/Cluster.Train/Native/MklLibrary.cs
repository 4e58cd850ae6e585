using System.Runtime.InteropServices;

namespace Cluster.Train.Native;

/// <summary>
/// MKL, which computes libtorch's matrix products. libtorch has it inside itself, under names of its own
/// (<c>mkl_serv_…</c> for what Intel's manual calls <c>mkl_…</c>).
/// </summary>
internal static class MklLibrary
{
    /// <summary>The address of one of its functions in the libtorch that is loaded; 0 where that does not export it, as on Windows.</summary>
    internal static nint Find(string function) =>
        Load() is not 0 and var library && NativeLibrary.TryGetExport(library, function, out var address) ? address : 0;

    /// <summary>Has libtorch call MKL's own function, where another one of that name was put before it.</summary>
    internal static void CallOwn(string function)
    {
        if (Find(function) is not 0 and var address)
        {
            // Where it cannot be done, the branch that is read back afterwards is another one, and is refused.
            OwnCalls.Restore(Load(), address);
        }
    }

    private static nint Load() => NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "torch_cpu" : "libtorch_cpu.so", out var library) ? library : 0;
}
