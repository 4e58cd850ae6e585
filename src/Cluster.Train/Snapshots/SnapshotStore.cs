using System.Collections.Immutable;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Snapshots;

/// <summary>
/// The snapshots that this process holds: copies of the state at a step, made by its members at the end of a lease,
/// and the parts that it keeps for others. It belongs to the process, not to an actor. Two steps are held at most, but
/// for step 0, whose parameters every replica has anyway: the last one that everybody holds, and the one being made.
/// Safe for use by several threads.
/// </summary>
internal sealed class SnapshotStore : IStateSource
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, Snapshot> _snapshots = [];
    private readonly SortedDictionary<long, JobMemo> _memos = [];
    private Snapshot? _initial;

    /// <summary>Where the snapshots' arrays come from and go back to.</summary>
    internal SnapshotArrays Arrays { get; } = new();

    /// <summary>Keeps the state of step 0, for peers and for a return to it. It has no optimizer state yet.</summary>
    internal void SetInitial(ReadOnlyMemory<float> vector, float[] frozen)
    {
        lock (_gate)
        {
            _initial ??= Snapshot.Of(Arrays, vector, frozen);
        }
    }

    /// <summary>Copies the parameters of a step, once for all members of this process, which hold the same values.</summary>
    /// <param name="step">Steps of the job done.</param>
    /// <param name="length">Length of the flat vector.</param>
    /// <param name="copyVector">Copies the flat vector.</param>
    /// <param name="frozen">The frozen parameters, which are not changed any more.</param>
    internal void KeepModel(long step, long length, Action<Span<float>> copyVector, float[] frozen) =>
        With(step, snapshot => snapshot.KeepModel(length, copyVector, frozen));

    /// <summary>Copies the optimizer's state of a slice, unless it is held already.</summary>
    /// <param name="step">Steps of the job done.</param>
    /// <param name="slice">The slice.</param>
    /// <param name="names">The state's names, for example "momentum".</param>
    /// <param name="copy">Copies the one of a name; what it throws is thrown on, and nothing is kept.</param>
    internal void KeepOptimizer(long step, VectorSlice slice, IReadOnlyList<string> names, Action<string, Span<float>> copy) =>
        With(step, snapshot => snapshot.KeepOptimizer(slice, names, copy));

    /// <summary>Takes the parameters of a step over that are not changed any more, without a copy.</summary>
    /// <param name="step">Steps of the job done.</param>
    /// <param name="vector">The flat vector.</param>
    /// <param name="frozen">The frozen parameters.</param>
    internal void KeepModel(long step, ReadOnlyMemory<float> vector, float[] frozen) =>
        With(step, snapshot => snapshot.KeepModel(vector, frozen));

    /// <summary>Takes the optimizer's state of a slice over that is not changed any more, without a copy.</summary>
    internal void KeepOptimizer(long step, VectorSlice slice, IReadOnlyDictionary<string, float[]> state) =>
        With(step, snapshot => snapshot.KeepOptimizer(slice, state));

    /// <summary>Takes a whole state over that was loaded from a checkpoint.</summary>
    internal void KeepAll(TrainingState state) => With(state.Step, snapshot =>
    {
        snapshot.KeepModel(state.Vector, state.Frozen);
        if (state.Optimizer.Count > 0)
        {
            snapshot.KeepOptimizer(new VectorSlice(0, state.Optimizer.Values.First().Length), state.Optimizer);
        }
    });

    /// <summary>Everybody holds this step: what is older can go.</summary>
    internal void Seal(long step, JobMemo? memo)
    {
        lock (_gate)
        {
            RemoveSnapshots(held => held < step);
            RemoveMemos(held => held < step);
            if (memo is not null)
            {
                _memos[memo.Step] = memo;
            }
        }
    }

    /// <summary>Nobody will return to this step or to one before it: what they hold can go.</summary>
    internal void DropUpTo(long step)
    {
        lock (_gate)
        {
            RemoveSnapshots(held => held <= step);
        }
    }

    /// <summary>Training goes on from this step: what was made later belongs to a generation that ended.</summary>
    internal void DropAfter(long step)
    {
        lock (_gate)
        {
            RemoveSnapshots(held => held > step);
            RemoveMemos(held => held > step);
        }
    }

    /// <summary>Nothing that is held can be trusted, not even where it begins.</summary>
    internal void Clear()
    {
        lock (_gate)
        {
            RemoveSnapshots(_ => true);
            RemoveMemos(_ => true);
            _initial?.Release();
            _initial = null;
        }
    }

    /// <summary>What is held.</summary>
    internal ImmutableArray<HeldSnapshot> Held()
    {
        KeyValuePair<long, Snapshot>[] all;
        lock (_gate)
        {
            all = [.. _snapshots];
        }

        var held = all.Select(pair => pair.Value.Describe(pair.Key));
        return [.. _initial is null ? held : held.Prepend(new HeldSnapshot(0, HasModel: true, []))];
    }

    /// <summary>What former coordinators left with the snapshots.</summary>
    internal ImmutableArray<JobMemo> Memos()
    {
        lock (_gate)
        {
            return [.. _memos.Values];
        }
    }

    /// <summary>The hash of a snapshot's parameters, made once for all members of this process; null where it is not held.</summary>
    internal string? Sha256(long step, ParameterLayout layout)
    {
        if (Held(step) is not { } snapshot)
        {
            return null;
        }

        try
        {
            return snapshot.Sha256(layout);
        }
        finally
        {
            snapshot.Release();
        }
    }

    /// <inheritdoc/>
    public StateValues? Find(StatePiece piece)
    {
        if (Held(piece.Step) is not { } snapshot)
        {
            return null;
        }

        if (snapshot.Find(piece) is { } values)
        {
            return new StateValues(values, snapshot.Release);
        }

        snapshot.Release();
        return null;
    }

    /// <summary>A step's snapshot, to be released; null where there is none.</summary>
    private Snapshot? Held(long step)
    {
        lock (_gate)
        {
            return (step == 0 ? _initial : null)?.Use() ?? _snapshots.GetValueOrDefault(step)?.Use();
        }
    }

    /// <summary>Adds to a step's snapshot, and makes it where there is none.</summary>
    private void With(long step, Action<Snapshot> add)
    {
        Snapshot snapshot;
        lock (_gate)
        {
            if (!_snapshots.TryGetValue(step, out var found))
            {
                _snapshots[step] = found = new Snapshot(Arrays);
            }

            snapshot = found.Use();
        }

        try
        {
            add(snapshot);
        }
        finally
        {
            snapshot.Release();
        }
    }

    private void RemoveSnapshots(Predicate<long> unwanted)
    {
        foreach (var (step, snapshot) in _snapshots.Where(held => unwanted(held.Key)).ToArray())
        {
            _snapshots.Remove(step);
            snapshot.Release();
        }
    }

    private void RemoveMemos(Predicate<long> unwanted)
    {
        foreach (var step in _memos.Keys.Where(step => unwanted(step)).ToArray())
        {
            _memos.Remove(step);
        }
    }
}
