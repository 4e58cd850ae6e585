using System.Runtime.InteropServices;
using Cluster.Train.Native;

namespace Cluster.Train.Tests.Native;

public sealed class OneDnnCachesTests
{
    private static readonly int[] s_family = [15, 6, 8, 8, 0, 6, 143];

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
    [InlineData(0x00B00F21, new[] { 2, 15, 1, 0, 11, 26, 2 })]
    [InlineData(0x000806F8, new[] { 15, 6, 8, 8, 0, 6, 143 })]
    [InlineData(0x00000543, new[] { 4, 5, 3, 0, 0, 5, 4 })]
    public void A_family_is_told_as_makers_tell_it(int signature, int[] family) => Assert.Equal(family, OneDnnCaches.Family(signature));

    [Theory]
    // AMD's with an empty leaf; AMD's; Intel's with two threads a core; without a third level; a maker that oneDNN does not know.
    [InlineData(3, new[] { 1, 1, 1 }, new[] { 1, 1, 1 })]
    [InlineData(3, new[] { 32768, 1048576, 33554432 }, new[] { 1, 1, 8 })]
    [InlineData(3, new[] { 49152, 2097152, 110100480 }, new[] { 1, 1, 52 })]
    [InlineData(2, new[] { 32768, 4194304 }, new[] { 1, 4 })]
    [InlineData(0, new int[0], new int[0])]
    public void Whatever_sizes_oneDNN_has_are_found_by_the_family_that_follows(int levels, int[] sizes, int[] sharing)
    {
        Assert.Equal([1], Find([7, .. Kept(levels, sizes, sharing), 1, 0, 4096]));
        Assert.Equal([0], Find(Kept(levels, sizes, sharing)));
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(3, 1)]
    [InlineData(10, 0)]
    [InlineData(12, 70000)]
    [InlineData(13, 1)]
    [InlineData(20, 4)]
    [InlineData(20, -1)]
    [InlineData(20, 11)]
    [InlineData(22, 3)]
    [InlineData(28, 1)]
    public void What_differs_in_one_number_is_something_else(int at, int value)
    {
        var words = Hidden();
        words[at] = value;

        Assert.Empty(Find(words));
    }

    [Fact]
    public void All_places_are_found_and_both_ends_of_the_memory_are_heeded() =>
        Assert.Equal([7, 37], Find([.. s_family, .. Hidden(), 0, .. Hidden(), .. Hidden().SkipLast(1)]));

    private static int[] Hidden() => Kept(3, [1, 1, 1], [1, 1, 1]);

    private static int[] Kept(int levels, int[] sizes, int[] sharing)
    {
        const int room = 10;
        return [.. Padded(sizes), .. Padded(sharing), levels, 0, .. s_family];

        static IEnumerable<int> Padded(int[] numbers) => numbers.Concat(Enumerable.Repeat(0, room - numbers.Length));
    }

    private static IEnumerable<int> Find(int[] words)
    {
        var pinned = GCHandle.Alloc(words, GCHandleType.Pinned);
        try
        {
            var start = pinned.AddrOfPinnedObject();
            return [.. OneDnnCaches.Find(start, start + (words.Length * sizeof(int)), s_family).Select(address => (int)(address - start) / sizeof(int))];
        }
        finally
        {
            pinned.Free();
        }
    }
}
