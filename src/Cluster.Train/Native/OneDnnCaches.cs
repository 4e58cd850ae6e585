using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Cluster.Train.Native;

/// <summary>
/// The sizes of the processor's caches, as oneDNN knows them, which computes libtorch's convolutions. Of a processor of AMD it
/// asks leaf 8000001D of CPUID alone. Some hypervisors leave that empty, and then oneDNN 3.7 takes each cache for one byte, and cuts
/// all that it copies to fit. The copies of weights that are padded to full blocks of channels are not written wholly when they are
/// cut: gradients, and with more channels the outputs as well, come of whatever lay in memory. Here oneDNN is given the sizes
/// that it assumes of a processor that tells none. They lie in libtorch's data, and are found by what oneDNN must have stored
/// there: a plain write to data, no code is changed.
/// Sources: setCacheHierarchy in oneDNN's xbyak_util.h, get_per_core_cache_size in its platform.cpp, prb_block_for_cache in its
/// jit_uni_reorder.cpp (version 3.7.1); AMD's manual 24594, "Cache Topology Information".
/// </summary>
internal static unsafe class OneDnnCaches
{
    /// <summary>Levels, of which oneDNN has room for ten.</summary>
    private const int Levels = 3, Room = 10;

    private const int Leaf = unchecked((int)0x8000001D);

    /// <summary>Bytes that oneDNN takes for the size of a cache of which the processor tells nothing.</summary>
    private const int Untold = 1;

    /// <summary>Bytes of the first, second and third level.</summary>
    private static readonly int[] s_sizes = [32 * 1024, 512 * 1024, 1024 * 1024];

    /// <summary>Whether this processor keeps the sizes from oneDNN.</summary>
    internal static bool AreHidden { get; } = X86Base.IsSupported && Processor.IsAmd && X86Base.CpuId(Leaf, 0) is { Ebx: 0, Ecx: 0 };

    /// <summary>
    /// Gives oneDNN the sizes, where it needs them. oneDNN has asked the processor before: it does at the first convolution.
    /// </summary>
    /// <returns>Null where it has them, or needs none; otherwise why it cannot be given any.</returns>
    internal static string? Tell()
    {
        if (!AreHidden)
        {
            return null;
        }

        nint[] found = OperatingSystem.IsLinux() ? [.. DataOfTorch(MemoryMap.OfThisProcess()).SelectMany(region => Find(region.Start, region.End))] : [];
        if (found is not [var sizes])
        {
            return string.Create(CultureInfo.InvariantCulture, $"what oneDNN keeps of its caches was found {found.Length} times in this build of libtorch");
        }

        Marshal.Copy(s_sizes, 0, sizes, Levels);
        return null;
    }

    /// <summary>Parts of the address space that hold libtorch's data: those of its file, and what follows them without a file.</summary>
    internal static IEnumerable<MemoryRegion> DataOfTorch(IEnumerable<MemoryRegion> regions)
    {
        nint end = 0;
        foreach (var region in regions)
        {
            var isOurs = region.File is { } file ? Path.GetFileName(file) == TorchLibrary.FileName : region.Start == end;
            end = isOurs ? region.End : 0;
            if (isOurs && region is { IsReadable: true, IsWritable: true })
            {
                yield return region;
            }
        }
    }

    /// <summary>Where sizes lie that oneDNN has made of an empty leaf: ten sizes, ten numbers of cores that share a cache, the number of levels.</summary>
    /// <param name="start">Address of the first byte, a multiple of four.</param>
    /// <param name="end">Address after the last.</param>
    internal static IReadOnlyList<nint> Find(nint start, nint end)
    {
        var words = new ReadOnlySpan<int>((void*)start, (int)((end - start) / sizeof(int)));
        ReadOnlySpan<int> sizes = [Untold, Untold, Untold, 0, 0, 0, 0, 0, 0, 0];
        var found = new List<nint>();
        for (var at = 0; at + (2 * Room) < words.Length; at++)
        {
            var next = words[at..].IndexOf(sizes);
            if (next < 0 || (at += next) + (2 * Room) >= words.Length)
            {
                break;
            }

            var sharing = words.Slice(at + Room, Room);
            if (sharing[..Levels].IndexOfAnyExceptInRange(1, ushort.MaxValue) < 0 && !sharing[Levels..].ContainsAnyExcept(0) && words[at + (2 * Room)] == Levels)
            {
                found.Add(start + (at * sizeof(int)));
            }
        }

        return found;
    }
}
