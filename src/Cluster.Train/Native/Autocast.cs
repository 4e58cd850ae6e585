using System.Runtime.InteropServices;

namespace Cluster.Train.Native;

/// <summary>
/// Has libtorch compute products in bfloat16 and what needs more digits in float32, by its own lists of operations. TorchSharp does
/// not offer it; the functions of at::autocast are exported by libtorch (PyTorch, "Automatic Mixed Precision"; aten/src/ATen/autocast_mode.h).
/// All of it is per thread. The casts of parameters are not cached: the cache is one for all threads of the process, so which of two
/// uses of a parameter share a cast, and so how their gradients are rounded, would depend on what other workers do.
/// </summary>
internal sealed unsafe class Autocast
{
    private const sbyte BFloat16 = 15;

    private readonly sbyte _device;
    private readonly delegate* unmanaged<sbyte, byte, void> _enable;
    private readonly delegate* unmanaged<sbyte, sbyte, void> _setType;
    private readonly delegate* unmanaged<byte, void> _enableCache;
    private readonly delegate* unmanaged<int> _increment;
    private readonly delegate* unmanaged<int> _decrement;

    private Autocast(nint library, bool onCuda)
    {
        // c10::DeviceType: CPU 0, CUDA 1.
        _device = onCuda ? (sbyte)1 : (sbyte)0;
        _enable = (delegate* unmanaged<sbyte, byte, void>)Export(library, Exports[0]);
        _setType = (delegate* unmanaged<sbyte, sbyte, void>)Export(library, Exports[1]);
        _enableCache = (delegate* unmanaged<byte, void>)Export(library, Exports[2]);
        _increment = (delegate* unmanaged<int>)Export(library, Exports[3]);
        _decrement = (delegate* unmanaged<int>)Export(library, Exports[4]);
    }

    /// <summary>The names under which libtorch exports what is needed here.</summary>
    internal static IReadOnlyList<string> Exports { get; } =
    [
        "_ZN2at8autocast20set_autocast_enabledEN3c1010DeviceTypeEb",
        "_ZN2at8autocast18set_autocast_dtypeEN3c1010DeviceTypeENS1_10ScalarTypeE",
        "_ZN2at8autocast26set_autocast_cache_enabledEb",
        "_ZN2at8autocast17increment_nestingEv",
        "_ZN2at8autocast17decrement_nestingEv",
    ];

    /// <summary>Autocast to bfloat16 on one kind of device.</summary>
    /// <param name="onCuda">On GPUs, or on the processor.</param>
    /// <exception cref="BadInputException">This libtorch does not offer it.</exception>
    internal static Autocast ToBFloat16(bool onCuda) => TorchLibrary.Load() is not 0 and var library
        ? new Autocast(library, onCuda)
        : throw Refused();

    /// <summary>From here on this thread's operations are cast, until what is returned is disposed of. Not to be nested.</summary>
    internal Scope Enter()
    {
        _enableCache(0);
        _setType(_device, BFloat16);
        _enable(_device, 1);
        _increment();
        return new Scope(this);
    }

    private void Leave()
    {
        _decrement();
        _enable(_device, 0);
        _enableCache(1);
    }

    private static nint Export(nint library, string name) => NativeLibrary.TryGetExport(library, name, out var address) ? address : throw Refused();

    private static BadInputException Refused() => new(
        "--precision bf16 cannot be had: this build of libtorch does not export its autocast; use the libtorch package for Linux that Cluster.Train is built with, or leave --precision out");

    /// <summary>Until it is disposed of, this thread's operations are cast.</summary>
    internal readonly struct Scope(Autocast owner) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose() => owner.Leave();
    }
}
