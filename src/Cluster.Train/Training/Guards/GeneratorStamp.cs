using System.IO.Hashing;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>
/// Tells whether libtorch's default random generator of the processor has been drawn from, by a hash of its engine.
/// <c>torch.get_rng_state</c> makes a tensor of 5 kB for it (3.1 µs, against 0.3 here), too much to ask after each forward pass.
/// </summary>
internal static unsafe partial class GeneratorStamp
{
    /// <summary>More than at::mt19937 has (2.5 kB); how much of it is written is found by trying.</summary>
    private const int Capacity = 1 << 14;

    private static readonly delegate* unmanaged[Cdecl]<byte*, nint, byte*> Engine = Find();
    private static readonly nint Generator = Engine is null ? 0 : *(nint*)DefaultGenerator();
    private static readonly int Length = Engine is null ? 0 : Measure();

    [ThreadStatic]
    private static byte[]? s_copy;

    /// <summary>Another number after each draw.</summary>
    internal static ulong Now()
    {
        if (Length == 0)
        {
            using var state = torch.get_rng_state();
            return XxHash3.HashToUInt64(state.bytes);
        }

        s_copy ??= GC.AllocateArray<byte>(Capacity, pinned: true);
        fixed (byte* copy = s_copy)
        {
            Engine(copy, Generator);
        }

        return XxHash3.HashToUInt64(s_copy.AsSpan(0, Length));
    }

    /// <summary>at::CPUGeneratorImpl::engine(), which returns a copy; null where it is not exported under this name, as on Windows.</summary>
    private static delegate* unmanaged[Cdecl]<byte*, nint, byte*> Find() =>
        OperatingSystem.IsLinux()
        && NativeLibrary.TryLoad("torch_cpu", typeof(torch).Assembly, searchPath: null, out var library)
        && NativeLibrary.TryGetExport(library, "_ZN2at16CPUGeneratorImpl6engineEv", out var address)
            ? (delegate* unmanaged[Cdecl]<byte*, nint, byte*>)address
            : null;

    /// <summary>How many bytes a copy has: those that no longer hold what they were filled with.</summary>
    private static int Measure()
    {
        var copy = GC.AllocateUninitializedArray<byte>(Capacity, pinned: true);
        var length = 0;
        foreach (byte filler in new byte[] { 0x5A, 0xA5 })
        {
            copy.AsSpan().Fill(filler);
            fixed (byte* into = copy)
            {
                Engine(into, Generator);
            }

            length = Math.Max(length, copy.AsSpan().LastIndexOfAnyExcept(filler) + 1);
        }

        return length < Capacity ? length : 0;
    }

    [LibraryImport("LibTorchSharp", EntryPoint = "THSGenerator_default_generator")]
    private static partial nint DefaultGenerator();
}
