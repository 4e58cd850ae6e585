using Cluster.Train.Coordination;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Coordination;

public sealed class SnapshotBookTests
{
    [Fact]
    public void A_snapshot_is_held_by_all_when_the_last_member_says_so()
    {
        var book = new SnapshotBook(["a", "b", ""]);
        book.Ask(10, SnapshotKind.KeepAndHash);

        Assert.Null(book.Keep(Kept("a", 10, "x", "hash", seconds: 1)));
        Assert.Null(book.Keep(Kept("", 10, "", null, seconds: 3)));
        Assert.Equal(["b"], book.Missing);
        var held = book.Keep(Kept("b", 10, "x", "hash", seconds: 2));

        Assert.NotNull(held);
        Assert.True(held.Agrees);
        Assert.Equal("hash", held.Sha256);
        Assert.Equal(3, held.Seconds);
        Assert.False(book.Outstanding);
    }

    [Fact]
    public void The_member_whose_parameters_differ_from_most_is_named()
    {
        var book = new SnapshotBook(["a", "b", "c"]);
        book.Ask(10, SnapshotKind.Keep);
        book.Keep(Kept("a", 10, "same"));
        book.Keep(Kept("b", 10, "other"));

        var held = book.Keep(Kept("c", 10, "same"))!;

        Assert.False(held.Agrees);
        Assert.Equal(["b"], held.Deviating);
    }

    [Fact]
    public void Two_members_that_differ_accuse_nobody()
    {
        var book = new SnapshotBook(["a", "b"]);
        book.Ask(10, SnapshotKind.Keep);
        book.Keep(Kept("a", 10, "one"));

        var held = book.Keep(Kept("b", 10, "other"))!;

        Assert.False(held.Agrees);
        Assert.Empty(held.Deviating);
    }

    [Fact]
    public void A_snapshot_that_nobody_asked_for_or_of_a_stranger_counts_for_nothing()
    {
        var book = new SnapshotBook(["a"]);
        Assert.Null(book.Keep(Kept("a", 10, "x")));
        book.Ask(20, SnapshotKind.Keep);
        Assert.Null(book.Keep(Kept("a", 10, "x")));
        Assert.Null(book.Keep(Kept("stranger", 20, "x")));
        Assert.NotNull(book.Keep(Kept("a", 20, "x")));
    }

    [Fact]
    public void What_was_said_before_a_hash_was_asked_for_does_not_stand_for_one_with_it()
    {
        var book = new SnapshotBook(["a", "b"]);
        book.Ask(10, SnapshotKind.KeepAndHash);
        book.Keep(Kept("a", 10, "x", "hash"));

        Assert.Null(book.Keep(Kept("b", 10, "x")));
        Assert.Equal(["b"], book.Missing);
        Assert.True(book.Keep(Kept("b", 10, "x", "hash"))!.Agrees);
    }

    private static SnapshotKept Kept(string worker, long step, string checksum, string? sha256 = null, double seconds = 0.5) =>
        new(worker, 1, step, checksum, sha256, seconds);
}
