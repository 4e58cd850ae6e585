using System.Runtime.InteropServices;

namespace Cluster.Train.Native;

/// <summary>
/// Memory of libtorch's tensors that nobody has written. What lies there is left over from others, so what is made of it differs
/// from process to process. libtorch's allocator fills what it gives out with a pattern where a flag of its says so
/// (c10/core/impl/alloc_cpu.cpp).
/// </summary>
internal static class UnwrittenMemory
{
    /// <summary>Each four bytes of it.</summary>
    internal const int Mark = 0x7fedbeef;

    /// <summary>Each eight bytes of it.</summary>
    internal const long LongMark = ((long)Mark << 32) | Mark;

    private const string Flag = "FLAGS_caffe2_cpu_allocator_do_junk_fill";

    /// <summary>Does work whose tensors on the processor begin with the pattern; elsewhere than on Linux they begin as they come.</summary>
    internal static T Marked<T>(Func<T> work)
    {
        if (!OperatingSystem.IsLinux() || !NativeLibrary.TryLoad("libc10.so", out var library) || !NativeLibrary.TryGetExport(library, Flag, out var flag))
        {
            return work();
        }

        // A byte of data. What others compute meanwhile begins with the pattern, too, and overwrites it.
        Marshal.WriteByte(flag, 1);
        try
        {
            return work();
        }
        finally
        {
            Marshal.WriteByte(flag, 0);
        }
    }
}
