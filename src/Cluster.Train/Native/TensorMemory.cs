using System.Runtime.InteropServices;

namespace Cluster.Train.Native;

/// <summary>
/// The memory of libtorch's tensors. Convolutions of libtorch 2.10 read some that nobody has written: of a bare loop over images
/// of 12 by 12, with 7 and 13 channels, up to 5 of 1,500 gradients were not finite on a Zen 5 processor, and more than half of
/// the runs of ProbeTests. libtorch's allocator fills what it gives out with zeros where its own flag says so; then none was.
/// Source: c10/core/impl/alloc_cpu.cpp.
/// </summary>
internal static class TensorMemory
{
    private const string Flag = "FLAGS_caffe2_cpu_allocator_do_zero_fill";

    /// <summary>Has each new tensor begin with zeros. The flag is a byte of data that the library exports; elsewhere than on Linux it does not.</summary>
    internal static void Zero()
    {
        if (OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc10.so", out var library) && NativeLibrary.TryGetExport(library, Flag, out var flag))
        {
            Marshal.WriteByte(flag, 1);
        }
    }
}
