using System.Runtime.InteropServices;

namespace Cluster.Train.Native;

/// <summary>The C library's heap, from which libtorch takes its tensors.</summary>
internal static partial class NativeHeap
{
    /// <summary>M_ARENA_MAX of glibc's malloc.h.</summary>
    private const int ArenaMaximum = -8;

    /// <summary>
    /// Lets glibc make one arena a processor instead of eight: batches are allocated by one thread and freed by another,
    /// and every arena keeps its own fragments, so that resident memory creeps up over a long run. A user's
    /// MALLOC_ARENA_MAX stays; elsewhere than with glibc it does nothing.
    /// </summary>
    internal static void LimitArenas()
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable("MALLOC_ARENA_MAX") is not null
            || RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal))
        {
            return;
        }

        // It answers 0 where it refuses: then memory is only less thrifty.
        _ = SetOption(ArenaMaximum, Environment.ProcessorCount);
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int parameter, int value);
}
