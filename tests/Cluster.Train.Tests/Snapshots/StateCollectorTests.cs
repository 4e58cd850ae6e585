using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Cluster.Train.Exchange;
using Cluster.Train.Membership;
using Cluster.Train.Reduction;
using Cluster.Train.Snapshots;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Snapshots;

public sealed class StateCollectorTests
{
    private const long Step = 5;
    private static readonly string[] s_names = ["momentum"];

    private static readonly ParameterLayout s_layout = new(
    [
        ("weight", ImmutableArray.Create(6L), TensorRole.Trainable),
        ("mean", ImmutableArray.Create(2L), TensorRole.FloatBuffer),
        ("fixed", ImmutableArray.Create(1L), TensorRole.Frozen),
    ]);

    private readonly SnapshotStore _store = new();
    private readonly SnapshotArrays _fetched = new();

    [Fact]
    public void What_this_process_holds_is_read_where_it_lies_even_when_the_store_has_dropped_it()
    {
        _store.Arrays.KeepOne([8, 4, 2]);
        KeepModel(_store);
        KeepOptimizer(_store, 0, 4);
        KeepOptimizer(_store, 4, 6);
        var array = ArrayOf(_store.Find(Vector));

        using var state = Collector().Finish(Loader());
        _store.DropUpTo(Step);
        _store.KeepModel(Step + 1, 8, values => values.Clear(), frozen: [9]);

        Assert.Same(array, ArrayOf(new StateValues(state.Vector)));
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7], state.Vector.ToArray());
        Assert.Equal([9], state.Frozen.ToArray());
        Assert.Equal([0, 10, 20, 30, 40, 50], Momentum(state));
    }

    [Fact]
    public void The_next_snapshot_gets_the_memory_of_one_that_is_written()
    {
        _store.Arrays.KeepOne([8]);
        KeepModel(_store);
        var array = ArrayOf(_store.Find(Vector));
        KeepOptimizer(_store, 0, 6);

        var state = Collector().Finish(Loader());
        _store.DropUpTo(Step);
        state.Dispose();
        _store.KeepModel(Step + 1, 8, values => values.Clear(), frozen: [9]);

        Assert.Same(array, ArrayOf(_store.Find(Vector with { Step = Step + 1 })));
    }

    [Fact]
    public void What_others_hold_is_fetched_to_memory_that_is_used_again()
    {
        _fetched.KeepOne([8, 6, 1]);
        var other = new SnapshotStore();
        KeepModel(other);
        KeepOptimizer(other, 0, 4);
        KeepOptimizer(_store, 4, 6);

        var first = Collector().Finish(Loader(other));
        var array = ArrayOf(new StateValues(first.Vector));

        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7], first.Vector.ToArray());
        Assert.Equal([9], first.Frozen.ToArray());
        Assert.Equal([0, 10, 20, 30, 40, 50], Momentum(first));

        first.Dispose();
        using var second = Collector().Finish(Loader(other));

        Assert.Same(array, ArrayOf(new StateValues(second.Vector)));
    }

    [Fact]
    public void Where_a_piece_cannot_be_had_the_memory_of_the_others_is_free_again()
    {
        _store.Arrays.KeepOne([8]);
        KeepModel(_store);
        var array = ArrayOf(_store.Find(Vector));

        Assert.Throws<ExchangeAbortedException>(() => Collector().Finish(Loader()));
        _store.DropUpTo(Step);
        _store.KeepModel(Step + 1, 8, values => values.Clear(), frozen: [9]);

        Assert.Same(array, ArrayOf(_store.Find(Vector with { Step = Step + 1 })));
    }

    private static StatePiece Vector => new(Step, StateKind.Vector, "", 0, 8);

    private StateCollector Collector() => new(_store, _fetched, s_layout, s_names, Step);

    private StateLoader Loader(SnapshotStore? other = null)
    {
        return new StateLoader(_store, Fetch, Step, other is null ? [] : [new StateHolder("other", "host:1", other.Held())], first: 0);

        string? Fetch(StateHolder holder, StatePiece piece, Span<float> destination)
        {
            using var found = other?.Find(piece);
            found?.Memory.Span.CopyTo(destination);
            return found is null ? "not held" : null;
        }
    }

    private static void KeepModel(SnapshotStore store) =>
        store.KeepModel(Step, 8, values => Fill(values, start: 0, factor: 1), frozen: [9]);

    private static void KeepOptimizer(SnapshotStore store, int start, int end) =>
        store.KeepOptimizer(Step, new VectorSlice(start, end), s_names, (_, values) => Fill(values, start, factor: 10));

    private static void Fill(Span<float> values, int start, int factor)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = factor * (start + i);
        }
    }

    private static float[] Momentum(CollectedState state)
    {
        var (name, reader) = Assert.Single(state.Optimizer);
        Assert.Equal("momentum", name);
        var values = new float[6];
        reader(0, values);
        return values;
    }

    private static float[] ArrayOf(StateValues? values)
    {
        using (values)
        {
            Assert.True(MemoryMarshal.TryGetArray(values!.Memory, out var array));
            return array.Array!;
        }
    }
}
