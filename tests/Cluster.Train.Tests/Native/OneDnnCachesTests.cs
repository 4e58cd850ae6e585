using System.Runtime.InteropServices;
using Cluster.Train.Native;

namespace Cluster.Train.Tests.Native;

public sealed class OneDnnCachesTests
{
    private static readonly int[] s_hidden = [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 3];

    [Fact]
    public void The_data_of_libtorch_is_what_its_file_gives_and_what_follows_it_without_one()
    {
        string[] maps =
        [
            "7f0000000000-7f0000001000 r-xp 00000000 fe:00 12 /a folder/libtorch_cpu.so",
            "7f0000001000-7f0000002000 rw-p 00001000 fe:00 12 /a folder/libtorch_cpu.so",
            "7f0000002000-7f0000004000 rw-p 00000000 00:00 0 ",
            "7f0000004000-7f0000005000 r--p 00000000 fe:00 13 /lib/libc.so.6",
            "7f0000005000-7f0000006000 rw-p 00000000 00:00 0 ",
            "7f0000009000-7f000000a000 rw-p 00000000 00:00 0 [heap]",
            "7f0000010000-7f0000011000 rw-p 00001000 fe:00 12 /other/not-libtorch_cpu.so.1",
        ];

        Assert.Equal([(0x7f0000001000, 0x7f0000002000), (0x7f0000002000, 0x7f0000004000)], OneDnnCaches.DataOfTorch(MemoryMap.Read(maps)).Select(region => ((long)region.Start, (long)region.End)).ToArray());
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(7, 1)]
    [InlineData(12, 8)]
    public void Sizes_that_oneDNN_made_of_nothing_are_found(int before, int cores)
    {
        int[] words = [.. Enumerable.Repeat(1, before), 0, .. s_hidden, 7];
        words[before + 1 + 12] = cores;

        Assert.Equal([before + 1], Find(words));
    }

    [Theory]
    [InlineData(2, 4096)]
    [InlineData(3, 1)]
    [InlineData(10, 0)]
    [InlineData(13, 1)]
    [InlineData(20, 2)]
    public void What_differs_in_one_number_is_something_else(int at, int value)
    {
        int[] words = [0, .. s_hidden, 0];
        words[1 + at] = value;

        Assert.Empty(Find(words));
    }

    [Fact]
    public void All_places_are_found_and_the_end_of_the_memory_is_heeded()
    {
        Assert.Equal([1, 23], Find([0, .. s_hidden, 0, .. s_hidden, .. s_hidden.SkipLast(1)]));
    }

    private static IEnumerable<int> Find(int[] words)
    {
        var pinned = GCHandle.Alloc(words, GCHandleType.Pinned);
        try
        {
            var start = pinned.AddrOfPinnedObject();
            return [.. OneDnnCaches.Find(start, start + (words.Length * sizeof(int))).Select(address => (int)(address - start) / sizeof(int))];
        }
        finally
        {
            pinned.Free();
        }
    }
}
