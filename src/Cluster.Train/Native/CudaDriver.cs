using System.Runtime.InteropServices;
using System.Text;

namespace Cluster.Train.Native;

/// <summary>What NVIDIA's driver says of the GPUs, which are numbered as libtorch numbers them (CUDA Driver API, "Device Management").</summary>
internal static unsafe class CudaDriver
{
    private const int LongestName = 256;

    /// <summary>A GPU's model, such as "NVIDIA H200"; "a GPU" where the driver does not tell.</summary>
    internal static string NameOf(int index)
    {
        var name = stackalloc byte[LongestName];
        int device;
        return NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1", out var driver)
            && NativeLibrary.TryGetExport(driver, "cuInit", out var start) && ((delegate* unmanaged<uint, int>)start)(0) == 0
            && NativeLibrary.TryGetExport(driver, "cuDeviceGet", out var get) && ((delegate* unmanaged<int*, int, int>)get)(&device, index) == 0
            && NativeLibrary.TryGetExport(driver, "cuDeviceGetName", out var tell) && ((delegate* unmanaged<byte*, int, int, int>)tell)(name, LongestName, device) == 0
                ? Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name))
                : "a GPU";
    }
}
