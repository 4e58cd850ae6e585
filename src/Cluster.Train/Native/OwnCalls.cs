using System.Runtime.InteropServices;

namespace Cluster.Train.Native;

/// <summary>
/// Decides what a library calls for a function of its own: that one, where something else in the process has taken its place, or
/// one of ours. On Linux a library calls even its own exported functions through a table of addresses, which the dynamic linker
/// fills with the first function of that name: one that LD_PRELOAD brings goes before the library's own. The table is found through the library's dynamic
/// section (System V ABI, "Dynamic Linking"; the AMD64 supplement for the layout of its entries) and is data, not code.
/// </summary>
internal static unsafe partial class OwnCalls
{
    private const int LinkMapOf = 2;
    private const long EndOfTags = 0, SizeOfTable = 2, Symbols = 6, Table = 23;
    private const uint JumpSlot = 7;

    /// <summary>Has the library call the function itself.</summary>
    /// <param name="library">Handle of the library.</param>
    /// <param name="function">Address of a function in it.</param>
    internal static void Restore(nint library, nint function) => Redirect(library, function, function);

    /// <summary>Has the library call another function in a function's place.</summary>
    /// <param name="library">Handle of the library.</param>
    /// <param name="function">Address of a function in it.</param>
    /// <param name="other">Address of what it is to call.</param>
    internal static void Redirect(nint library, nint function, nint other)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64 || Find(library) is not { } parts)
        {
            return;
        }

        for (var entry = (Entry*)parts.Entries; entry < (Entry*)parts.End; entry++)
        {
            var slot = parts.Base + (nint)entry->Offset;
            if ((uint)entry->Info == JumpSlot && ((Symbol*)parts.Symbols)[entry->Info >> 32].Value == (ulong)(function - parts.Base) && IsWritable(slot))
            {
                Marshal.WriteIntPtr(slot, other);
            }
        }
    }

    private static Parts? Find(nint library)
    {
        LinkMap* map = null;
        if (LibraryInformation(library, LinkMapOf, &map) != 0 || map is null)
        {
            return null;
        }

        nint table = 0, symbols = 0, size = 0;
        for (var tag = map->Dynamic; tag->Name != EndOfTags; tag++)
        {
            switch (tag->Name)
            {
                case Table:
                    table = tag->Value;
                    break;
                case Symbols:
                    symbols = tag->Value;
                    break;
                case SizeOfTable:
                    size = tag->Value;
                    break;
            }
        }

        // glibc has made addresses of these; another C library leaves distances.
        return table > map->Base && symbols > map->Base ? new Parts(map->Base, table, table + size, symbols) : null;
    }

    /// <summary>A library may have had its table made read-only once it was filled; a write would end the process.</summary>
    private static bool IsWritable(nint address) =>
        MemoryMap.OfThisProcess().FirstOrDefault(region => region.Start <= address && address < region.End) is { IsWritable: true };

    [LibraryImport("libc", EntryPoint = "dlinfo")]
    private static partial int LibraryInformation(nint library, int request, LinkMap** answer);

    /// <param name="Base">Where the library lies: what distances in it count from.</param>
    /// <param name="Entries">The first entry of the table's list.</param>
    /// <param name="End">After its last.</param>
    /// <param name="Symbols">The library's symbols.</param>
    private sealed record Parts(nint Base, nint Entries, nint End, nint Symbols);

    [StructLayout(LayoutKind.Sequential)]
    private struct LinkMap
    {
        internal nint Base;
        internal nint Name;
        internal Tag* Dynamic;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Tag
    {
        internal long Name;
        internal nint Value;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Entry
    {
        internal ulong Offset;
        internal ulong Info;
        internal long Addend;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Symbol
    {
        internal ulong NameAndKind;
        internal ulong Value;
        internal ulong Size;
    }
}
