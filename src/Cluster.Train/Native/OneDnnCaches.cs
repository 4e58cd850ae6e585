using System.Globalization;
using System.Runtime.Intrinsics.X86;

namespace Cluster.Train.Native;

/// <summary>
/// The sizes of the processor's caches, as oneDNN knows them, which computes libtorch's convolutions. It cuts large ones, such
/// as kernels of 11 by 11 or 7 by 7 with a stride, to fit the second level, and adds each part up on its own: other sizes, other
/// bits. So it is given the same sizes on every processor, those that it assumes itself of one that tells none. They cost no
/// speed that could be measured.
/// <para>
/// Some hypervisors leave the leaf of CPUID empty that AMD's processors tell theirs in. Then oneDNN 3.7 takes each cache for
/// one byte, and does not wholly write the copies of weights that are padded to full blocks of channels: gradients, and with more
/// channels the outputs as well, come of whatever lay in memory.
/// </para>
/// The sizes lie in libtorch's data, and are found by what lies beside them: a plain write to data, no code is changed.
/// Sources: class Cpu in oneDNN's xbyak_util.h, get_per_core_cache_size in its platform.cpp, prb_block_for_cache in its
/// jit_uni_reorder.cpp (version 3.7.1); AMD's manual 24594, "Cache Topology Information".
/// </summary>
internal static unsafe class OneDnnCaches
{
    /// <summary>Levels, of which oneDNN has room for ten.</summary>
    private const int Levels = 3, Room = 10;

    /// <summary>Numbers of an unsigned word each, in their order: sizes, cores that share a cache, how many levels, the version of AVX10.</summary>
    private const int Words = Room + Room + 1 + 1;

    private const int HiddenLeaf = unchecked((int)0x8000001D);

    /// <summary>Test hook: other sizes of the three levels in bytes, joined by commas, in place of ours; "leave": oneDNN keeps what it has.</summary>
    private const string SizesHook = "CLUSTER_TRAIN_TEST_CACHES";

    /// <summary>Bytes of the first, second and third level.</summary>
    private static readonly int[] s_sizes = [32 * 1024, 512 * 1024, 1024 * 1024];

    /// <summary>Whether this processor keeps the sizes from oneDNN, which computes wrongly then.</summary>
    internal static bool AreHidden { get; } = X86Base.IsSupported && Processor.IsAmd && X86Base.CpuId(HiddenLeaf, 0) is { Ebx: 0, Ecx: 0 };

    /// <summary>Gives oneDNN our sizes. It has asked the processor before: it does at the first convolution.</summary>
    /// <returns>Null where it has them; otherwise why it cannot be given them.</returns>
    internal static string? Fix()
    {
        var hook = Environment.GetEnvironmentVariable(SizesHook);
        if (hook == "leave")
        {
            return "left so by a test";
        }

        nint[] found = X86Base.IsSupported && OperatingSystem.IsLinux()
            ? [.. DataOfTorch(MemoryMap.OfThisProcess()).SelectMany(region => Find(region.Start, region.End, Family(X86Base.CpuId(1, 0).Eax)))]
            : [];
        if (found is not [var place])
        {
            return string.Create(CultureInfo.InvariantCulture, $"what oneDNN keeps of its caches was found {found.Length} times in this build of libtorch");
        }

        Span<int> words = new((void*)place, Room + Room + 1);
        words.Clear();
        (hook is { Length: > 0 } ? [.. hook.Split(',').Select(size => int.Parse(size, CultureInfo.InvariantCulture))] : s_sizes).CopyTo(words);
        // No cache is shared: oneDNN divides each by the cores that share it.
        words.Slice(Room, Levels).Fill(1);
        words[Room + Room] = Levels;
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

    /// <summary>What oneDNN keeps of the processor's family right after its caches, in its order.</summary>
    /// <param name="signature">Leaf 1 of CPUID, the first register.</param>
    internal static int[] Family(int signature)
    {
        const int largest = 15;
        var (stepping, model, family) = (signature & largest, (signature >> 4) & largest, (signature >> 8) & largest);
        var (extendedModel, extendedFamily) = ((signature >> 16) & largest, (signature >> 20) & byte.MaxValue);
        return
        [
            model, family, stepping, extendedModel, extendedFamily,
            family == largest ? family + extendedFamily : family,
            family is 6 or largest ? (extendedModel << 4) + model : model,
        ];
    }

    /// <summary>Where oneDNN keeps its caches: ten sizes, ten numbers of cores that share one, the number of levels, then the family.</summary>
    /// <param name="start">Address of the first byte, a multiple of four.</param>
    /// <param name="end">Address after the last.</param>
    /// <param name="family">What <see cref="Family"/> says.</param>
    internal static IReadOnlyList<nint> Find(nint start, nint end, ReadOnlySpan<int> family)
    {
        var words = new ReadOnlySpan<int>((void*)start, (int)((end - start) / sizeof(int)));
        var found = new List<nint>();
        for (var at = Words; at < words.Length; at++)
        {
            var next = words[at..].IndexOf(family);
            if (next < 0)
            {
                break;
            }

            at += next;
            if (AreCaches(words.Slice(at - Words, Words)))
            {
                found.Add(start + ((at - Words) * sizeof(int)));
            }
        }

        return found;
    }

    private static bool AreCaches(ReadOnlySpan<int> words)
    {
        var levels = words[Room + Room];
        var sizes = words[..Room];
        var sharing = words.Slice(Room, Room);
        return levels is >= 0 and <= Room
            && !sizes[..levels].Contains(0) && !sizes[levels..].ContainsAnyExcept(0)
            && sharing[..levels].IndexOfAnyExceptInRange(1, ushort.MaxValue) < 0 && !sharing[levels..].ContainsAnyExcept(0);
    }
}
