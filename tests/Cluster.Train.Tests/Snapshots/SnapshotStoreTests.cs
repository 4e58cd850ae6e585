using System.Runtime.InteropServices;
using Cluster.Train.Membership;
using Cluster.Train.Reduction;
using Cluster.Train.Snapshots;

namespace Cluster.Train.Tests.Snapshots;

public sealed class SnapshotStoreTests
{
    private readonly SnapshotStore _store = new();

    [Fact]
    public void A_piece_comes_from_the_slice_that_contains_it_and_from_no_other()
    {
        Keep(_store, new VectorSlice(0, 4), [0, 1, 2, 3]);
        Keep(_store, new VectorSlice(8, 12), [8, 9, 10, 11]);

        Assert.Equal([9, 10], Find("momentum", 9, 2)!);
        Assert.Equal([2, 3], Find("momentum", 2, 2)!);
        Assert.Null(Find("momentum", 4, 2));
        Assert.Null(Find("momentum", 3, 2));
        Assert.Null(Find("momentum", 11, 2));
        Assert.Null(Find("exp_avg", 8, 2));
    }

    [Fact]
    public void Parameters_that_are_not_held_are_not_found()
    {
        Keep(_store, new VectorSlice(0, 1), [1]);

        Assert.Null(_store.Find(new StatePiece(5, StateKind.Vector, "", 0, 1)));
        Assert.Null(_store.Find(new StatePiece(5, StateKind.Frozen, "", 0, 0)));
        Assert.Null(_store.Find(new StatePiece(6, StateKind.Vector, "", 0, 1)));
    }

    [Fact]
    public void A_new_owner_puts_its_slice_together_from_what_it_holds_and_what_others_do()
    {
        // Three slices of four become two of six: the first owner holds its own, the rest comes from two others.
        Keep(_store, new VectorSlice(0, 4), [0, 1, 2, 3]);
        Keep(_store, new VectorSlice(8, 12), [8, 9, 10, 11]);
        var other = new SnapshotStore();
        Keep(other, new VectorSlice(4, 8), [4, 5, 6, 7]);
        StateHolder[] holders = [new("other", "host:1", other.Held())];
        var loader = new StateLoader(_store, Fetch, 5, holders, first: 0);
        var slice = new float[6];

        loader.LoadOptimizer("momentum", new VectorSlice(0, 6), (start, length) => slice.AsSpan((int)start, length));

        Assert.Equal([0, 1, 2, 3, 4, 5], slice);

        string? Fetch(StateHolder holder, StatePiece piece, Span<float> destination)
        {
            using var found = other.Find(piece);
            found?.Memory.Span.CopyTo(destination);
            return found is null ? "not held" : null;
        }
    }

    [Fact]
    public void The_memory_of_a_snapshot_that_is_gone_is_used_for_the_next_one()
    {
        _store.Arrays.Prepare([4]);
        KeepModel(1);
        KeepModel(2);
        var first = ArrayOf(1);

        _store.Seal(2, memo: null);
        KeepModel(3);

        Assert.Same(first, ArrayOf(3));
        Assert.NotSame(first, ArrayOf(2));
    }

    [Fact]
    public void Memory_that_is_still_read_is_not_used_again()
    {
        _store.Arrays.Prepare([4]);
        KeepModel(1);
        var first = ArrayOf(1);
        var read = _store.Find(Vector(1))!;
        KeepModel(2);

        _store.Seal(2, memo: null);
        KeepModel(3);

        Assert.Equal([1, 1, 1, 1], read.Memory.ToArray());
        Assert.NotSame(first, ArrayOf(3));

        read.Dispose();
        read.Dispose();
        _store.Seal(3, memo: null);
        KeepModel(4);
        KeepModel(5);

        Assert.Equal([3, 3, 3, 3], ArrayOf(3));
        Assert.Equal([4, 4, 4, 4], ArrayOf(4));
        Assert.Equal([5, 5, 5, 5], ArrayOf(5));
        Assert.Equal(3, new[] { ArrayOf(3), ArrayOf(4), ArrayOf(5) }.Distinct().Count());
    }

    [Fact]
    public void A_slice_that_could_not_be_copied_is_not_held_and_its_memory_is_used_again()
    {
        _store.Arrays.Prepare([4]);
        Assert.Throws<IOException>(() => _store.KeepOptimizer(5, new VectorSlice(0, 4), ["momentum"], (_, _) => throw new IOException("gone")));

        Assert.Null(Find("momentum", 0, 4));
        Assert.Empty(Assert.Single(_store.Held()).Optimizer);
        Keep(_store, new VectorSlice(0, 4), [0, 1, 2, 3]);
        Assert.Equal([0, 1, 2, 3], Find("momentum", 0, 4)!);
    }

    private static StatePiece Vector(long step) => new(step, StateKind.Vector, "", 0, 4);

    private static void Keep(SnapshotStore store, VectorSlice slice, float[] values) =>
        store.KeepOptimizer(5, slice, ["momentum"], (_, copy) => values.CopyTo(copy));

    private void KeepModel(long step) => _store.KeepModel(step, 4, values => values.Fill(step), frozen: []);

    private float[] ArrayOf(long step)
    {
        using var found = _store.Find(Vector(step));
        Assert.True(MemoryMarshal.TryGetArray(found!.Memory, out var array));
        return array.Array!;
    }

    private float[]? Find(string name, long start, long length)
    {
        using var found = _store.Find(new StatePiece(5, StateKind.Optimizer, name, start, length));
        return found?.Memory.ToArray();
    }
}
