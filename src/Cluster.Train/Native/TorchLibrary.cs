using System.Runtime.InteropServices;

namespace Cluster.Train.Native;

/// <summary>The library of libtorch's operations on the processor, which exports settings that TorchSharp does not offer.</summary>
internal static unsafe class TorchLibrary
{
    /// <summary>The library's file.</summary>
    internal static string FileName => OperatingSystem.IsWindows() ? "torch_cpu" : "libtorch_cpu.so";

    /// <summary>at::globalContext(), whose methods are settings (aten/src/ATen/Context.h).</summary>
    internal const string GlobalContext = "_ZN2at13globalContextEv";

    /// <summary>Its handle; 0 where it cannot be loaded.</summary>
    internal static nint Load() => NativeLibrary.TryLoad(FileName, out var library) ? library : 0;

    /// <summary>The address of what it exports; 0 where it does not, as MKL's functions on Windows.</summary>
    internal static nint Find(string name) => Load() is not 0 and var library && NativeLibrary.TryGetExport(library, name, out var address) ? address : 0;

    /// <summary>The settings of this process; 0 where they are not exported.</summary>
    internal static nint Context() => Find(GlobalContext) is not 0 and var context ? ((delegate* unmanaged<nint>)context)() : 0;
}
