using System.Runtime.InteropServices;

namespace Cluster.Train.Native;

/// <summary>The C library's heap, from which libtorch takes its tensors.</summary>
internal static partial class NativeHeap
{
    // Of glibc's malloc.h (mallopt(3)).
    private const int TrimThreshold = -1;
    private const int TopPad = -2;
    private const int MapThreshold = -3;
    private const int ArenaMaximum = -8;

    /// <summary>The most that glibc takes: larger blocks are mapped from the system, and given back, each time.</summary>
    private const int LargestKept = 32 << 20;

    /// <summary>What an arena keeps of freed memory at its end; the size of a heap, so that one is kept.</summary>
    private const int MostFree = 64 << 20;

    /// <summary>
    /// Has glibc keep what libtorch frees, and make one arena a processor. As it comes it gives the memory of every activation
    /// back to the system and takes it anew in the next step, page by page: two workers on a CNN spent half of their time
    /// on that, on a virtual machine more. The trim threshold keeps the top of the last heap of an arena. Each heap is 64 MiB,
    /// and an empty one is unmapped whatever that threshold says, unless the padding says that more is wanted (heap_trim in
    /// malloc/arena.c). And with eight arenas a processor, each keeps fragments of its own, since batches
    /// are allocated by one thread and freed by another: resident memory creeps up over a long run. What a user has set stays;
    /// elsewhere than with glibc it does nothing.
    /// </summary>
    internal static void Configure()
    {
        if (!IsGlibc)
        {
            return;
        }

        // It answers 0 where it refuses: then memory is only less thrifty, or slower.
        if (!IsSet("MALLOC_ARENA_MAX"))
        {
            _ = SetOption(ArenaMaximum, Environment.ProcessorCount);
        }

        if (!IsSet("MALLOC_TRIM_THRESHOLD_") && !IsSet("MALLOC_MMAP_THRESHOLD_"))
        {
            _ = SetOption(MapThreshold, LargestKept);
            _ = SetOption(TrimThreshold, MostFree);
        }

        if (!IsSet("MALLOC_TOP_PAD_"))
        {
            _ = SetOption(TopPad, MostFree);
        }
    }

    /// <summary>
    /// Gives back what is free now, which would otherwise be kept for blocks of the same size: where something large was freed for
    /// good. Takes milliseconds.
    /// </summary>
    internal static void Trim()
    {
        if (IsGlibc)
        {
            _ = TrimAll(0);
        }
    }

    private static bool IsGlibc =>
        OperatingSystem.IsLinux() && !RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal);

    private static bool IsSet(string variable) => Environment.GetEnvironmentVariable(variable) is not null;

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int parameter, int value);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int TrimAll(nuint keep);
}
