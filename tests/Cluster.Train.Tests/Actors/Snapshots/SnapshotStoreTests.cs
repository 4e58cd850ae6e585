using Cluster.Train.Actors.Snapshots;
using Cluster.Train.Exchange.State;
using Cluster.Train.Membership;
using Cluster.Train.Reduction;

namespace Cluster.Train.Tests.Actors.Snapshots;

public sealed class SnapshotStoreTests
{
    private readonly SnapshotStore _store = new();

    [Fact]
    public void A_piece_comes_from_the_slice_that_contains_it_and_from_no_other()
    {
        _store.KeepOptimizer(5, new VectorSlice(0, 4), [("momentum", [0, 1, 2, 3])]);
        _store.KeepOptimizer(5, new VectorSlice(8, 12), [("momentum", [8, 9, 10, 11])]);

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
        _store.KeepOptimizer(5, new VectorSlice(0, 1), [("momentum", [1])]);

        Assert.Null(_store.Find(new StatePiece(5, StateKind.Vector, "", 0, 1)));
        Assert.Null(_store.Find(new StatePiece(5, StateKind.Frozen, "", 0, 0)));
        Assert.Null(_store.Find(new StatePiece(6, StateKind.Vector, "", 0, 1)));
    }

    [Fact]
    public void A_new_owner_puts_its_slice_together_from_what_it_holds_and_what_others_do()
    {
        // Three slices of four become two of six: the first owner holds its own, the rest comes from two others.
        _store.KeepOptimizer(5, new VectorSlice(0, 4), [("momentum", [0, 1, 2, 3])]);
        _store.KeepOptimizer(5, new VectorSlice(8, 12), [("momentum", [8, 9, 10, 11])]);
        var other = new SnapshotStore();
        other.KeepOptimizer(5, new VectorSlice(4, 8), [("momentum", [4, 5, 6, 7])]);
        StateHolder[] holders = [new("other", "host:1", other.Held())];
        var loader = new StateLoader(_store, Fetch, 5, holders, first: 0);
        var slice = new float[6];

        loader.LoadOptimizer("momentum", new VectorSlice(0, 6), (start, length) => slice.AsSpan((int)start, length));

        Assert.Equal([0, 1, 2, 3, 4, 5], slice);

        string? Fetch(StateHolder holder, StatePiece piece, Span<float> destination)
        {
            if (other.Find(piece) is not { } found)
            {
                return "not held";
            }

            found.Span.CopyTo(destination);
            return null;
        }
    }

    private float[]? Find(string name, long start, long length) => _store.Find(new StatePiece(5, StateKind.Optimizer, name, start, length))?.ToArray();
}
