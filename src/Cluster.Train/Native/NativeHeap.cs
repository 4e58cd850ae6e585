using System.Runtime.InteropServices;

namespace Cluster.Train.Native;

/// <summary>The C library's heap, from which libtorch takes its tensors.</summary>
internal static partial class NativeHeap
{
    /// <summary>M_ARENA_MAX of glibc's malloc.h.</summary>
    private const int ArenaMaximum = -8;

    /// <summary>M_PERTURB: what is allocated is filled with the complement of this byte, what is freed with the byte.</summary>
    private const int Perturbation = -6;

    /// <summary>
    /// Sets glibc's heap up. A user's MALLOC_ARENA_MAX and MALLOC_PERTURB_ stay; elsewhere than with glibc it does nothing.
    /// <list type="bullet">
    /// <item>One arena a processor instead of eight: batches are allocated by one thread and freed by another, and every arena
    /// keeps its own fragments, so that resident memory creeps up over a long run.</item>
    /// <item>Zeros in what is allocated: convolutions of libtorch 2.10 (oneDNN) read memory that nobody has written. Of a bare
    /// loop over images of 12 by 12, with 7 and 13 channels, up to 5 of 1,500 gradients were not finite for it, with zeros none
    /// of 12,000. See ProbeTests.</item>
    /// </list>
    /// </summary>
    internal static void Prepare()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal))
        {
            return;
        }

        Set("MALLOC_ARENA_MAX", ArenaMaximum, Environment.ProcessorCount);
        Set("MALLOC_PERTURB_", Perturbation, byte.MaxValue);
    }

    // It answers 0 where it refuses: the heap then stays as it is.
    private static void Set(string variable, int parameter, int value)
    {
        if (Environment.GetEnvironmentVariable(variable) is null)
        {
            _ = SetOption(parameter, value);
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int parameter, int value);
}
