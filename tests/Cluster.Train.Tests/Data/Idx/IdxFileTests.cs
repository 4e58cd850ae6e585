using Cluster.Train.Data;
using Cluster.Train.Tests.Checkpoints;

namespace Cluster.Train.Tests.Data.Idx;

public sealed class IdxFileTests : IDisposable
{
    private static readonly byte[] s_good = IdxBytes.Of([2, 1, 3], 1, 2, 3, 4, 5, 6);
    private readonly TemporaryDirectory _folder = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_file_is_read_whether_compressed_or_not(bool compressed)
    {
        var file = IdxFile.Read(Write(compressed ? IdxBytes.Gzip(s_good) : s_good), 3);

        Assert.Equal([2, 1, 3], file.Dimensions);
        Assert.Equal((2, 3), (file.Count, file.ItemLength));
        Assert.Equal([4, 5, 6], file.Item(1).ToArray());
        Assert.Equal(IdxFile.Read(Write(s_good), 3).Sha256, file.Sha256);
    }

    [Fact]
    public void The_hash_tells_values_and_dimensions_apart()
    {
        var hashes = new[] { s_good, IdxBytes.Of([2, 1, 3], 1, 2, 3, 4, 5, 7), IdxBytes.Of([1, 2, 3], 1, 2, 3, 4, 5, 6) }
            .Select(bytes => IdxFile.Read(Write(bytes), 3).Sha256);

        Assert.Equal(3, hashes.Distinct().Count());
    }

    [Fact]
    public void A_file_larger_than_the_first_piece_of_the_buffer_is_read_whole()
    {
        var values = new byte[3_000_000];
        new Random(1).NextBytes(values);

        var file = IdxFile.Read(Write(IdxBytes.Gzip(IdxBytes.Of([3, 1000, 1000], values))), 3);

        Assert.True(file.Values.SequenceEqual(values));
    }

    [Fact]
    public void No_items_are_no_mistake_of_the_file() => Assert.Equal(0, IdxFile.Read(Write(IdxBytes.Of([0])), 1).Count);

    public static TheoryData<string, byte[], string> BadFiles()
    {
        byte[] Changed(int index, byte value)
        {
            var bytes = s_good.ToArray();
            bytes[index] = value;
            return bytes;
        }

        var compressed = IdxBytes.Gzip(IdxBytes.Of([1, 100, 100], RandomBytes(10_000)));
        return new TheoryData<string, byte[], string>
        {
            { "empty", [], "is empty; fetch it again" },
            { "empty inside gzip", IdxBytes.Gzip([]), "is empty; fetch it again" },
            { "wrong magic", Changed(0, 0x89), "is no IDX file: it begins with 0x8900, not with 0x0000" },
            { "a short text", "hello"u8.ToArray(), "is no IDX file: it begins with 0x6865, not with 0x0000" },
            { "wrong element type", Changed(2, 0x0d), "has elements of type 0x0d; only 0x08, unsigned bytes, can be read" },
            { "labels for images", IdxBytes.Of([2], 1, 2), "has 1 dimensions, not 3: images have 3 (images, rows, columns), labels 1; are the two files mixed up?" },
            { "cut in the header", s_good[..9], "is truncated: it ends after 9 bytes, within its header; fetch it again" },
            { "cut in the magic", s_good[..3], "is truncated: it ends after 3 bytes, within its header; fetch it again" },
            { "cut in the values", s_good[..^1], "is truncated: its header promises 6 values, it holds 5; fetch it again" },
            { "cut in gzip", compressed[..5000], "" },
            { "trailing bytes", [.. s_good, 0], "has trailing bytes: its header promises 6 values, and more follow; is the header damaged?" },
            { "gzip damaged", [.. compressed[..10], .. Enumerable.Repeat((byte)0xff, 100)], "is damaged: its gzip data cannot be decompressed; fetch it again" },
            { "impossible size", Changed(4, 0xff), "says that its dimension 1 of 3 is 4278190082: more than 2147483591 values in all cannot be read; is the header damaged?" },
        };
    }

    [Theory]
    [MemberData(nameof(BadFiles))]
    public void A_bad_file_is_refused_in_one_line(string what, byte[] bytes, string expected)
    {
        var path = Write(bytes);

        var refusal = Assert.Throws<BadInputException>(() => IdxFile.Read(path, 3));

        Assert.StartsWith($"'{path}' ", refusal.Message, StringComparison.Ordinal);
        Assert.True(refusal.Message.EndsWith(expected, StringComparison.Ordinal), $"{what}: {refusal.Message}");
        Assert.DoesNotContain('\n', refusal.Message);
    }

    [Fact]
    public void A_header_that_promises_much_takes_no_memory_for_what_is_not_there()
    {
        var path = Write([0, 0, 8, 1, 0x70, 0, 0, 0, 1, 2, 3]);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Throws<BadInputException>(() => IdxFile.Read(path, 1));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        var refusal = Assert.Throws<BadInputException>(() => IdxFile.Read(_folder["none"], 1));

        Assert.StartsWith($"'{_folder["none"]}' cannot be read: ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plain_file_is_found_before_a_compressed_one()
    {
        Assert.Null(IdxFile.Find(_folder.Root, "labels"));
        File.WriteAllBytes(_folder["labels.gz"], []);
        Assert.Equal(_folder["labels.gz"], IdxFile.Find(_folder.Root, "labels"));
        File.WriteAllBytes(_folder["labels"], []);
        Assert.Equal(_folder["labels"], IdxFile.Find(_folder.Root, "labels"));
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] RandomBytes(int count)
    {
        var bytes = new byte[count];
        new Random(2).NextBytes(bytes);
        return bytes;
    }

    private string Write(byte[] bytes)
    {
        var path = _folder[$"{Guid.NewGuid():N}"];
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
