using System.Collections.Immutable;
using Cluster.Train.Exchange.State;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Actors.Snapshots;

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

    /// <summary>Notes the state of step 0. It has no optimizer state yet.</summary>
    internal void SetInitial(float[] vector, float[] frozen) =>
        Interlocked.CompareExchange(ref _initial, new Snapshot(new Lazy<float[]>(vector)) { Frozen = frozen }, null);

    /// <summary>Copies the parameters of a step, once for all members of this process, which hold the same values.</summary>
    /// <param name="step">Steps of the job done.</param>
    /// <param name="copyVector">Copies the flat vector.</param>
    /// <param name="frozen">The frozen parameters.</param>
    internal void KeepModel(long step, Func<float[]> copyVector, float[] frozen)
    {
        var snapshot = At(step, () => new Snapshot(new Lazy<float[]>(copyVector)));
        Lazy<float[]> vector;
        lock (snapshot)
        {
            vector = snapshot.Vector ??= new Lazy<float[]>(copyVector);
            snapshot.Frozen ??= frozen;
        }

        _ = vector.Value;
    }

    /// <summary>Adds the optimizer's state of a slice; the arrays are not changed any more.</summary>
    internal void KeepOptimizer(long step, VectorSlice slice, IReadOnlyList<(string Name, float[] Values)> state)
    {
        var snapshot = At(step, () => new Snapshot(vector: null));
        lock (snapshot)
        {
            if (!snapshot.Optimizer.Exists(part => part.Slice == slice))
            {
                snapshot.Optimizer.Add(new OptimizerPart(slice, state.ToDictionary(pair => pair.Name, pair => pair.Values)));
            }
        }
    }

    /// <summary>Adds a whole state that was loaded from a checkpoint.</summary>
    internal void KeepAll(TrainingState state)
    {
        KeepModel(state.Step, () => state.Vector, state.Frozen);
        if (state.Optimizer.Count > 0)
        {
            KeepOptimizer(
                state.Step, new VectorSlice(0, state.Optimizer.Values.First().Length), [.. state.Optimizer.Select(pair => (pair.Key, pair.Value))]);
        }
    }

    /// <summary>Everybody holds this step: what is older can go.</summary>
    internal void Seal(long step, JobMemo? memo)
    {
        lock (_gate)
        {
            RemoveWhere(_snapshots, held => held < step);
            RemoveWhere(_memos, held => held < step);
            if (memo is not null)
            {
                _memos[memo.Step] = memo;
            }
        }
    }

    /// <summary>Training goes on from this step: what was made later belongs to a generation that ended.</summary>
    internal void DropAfter(long step)
    {
        lock (_gate)
        {
            RemoveWhere(_snapshots, held => held > step);
            RemoveWhere(_memos, held => held > step);
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
        Snapshot? snapshot;
        lock (_gate)
        {
            snapshot = _snapshots.GetValueOrDefault(step);
        }

        if (snapshot?.Vector is not { } vector)
        {
            return null;
        }

        lock (vector)
        {
            return snapshot.Sha256 ??= ParametersHash.Sha256(layout, (start, length) => vector.Value.AsSpan((int)start, length), snapshot.Frozen);
        }
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<float>? Find(StatePiece piece)
    {
        Snapshot? snapshot;
        lock (_gate)
        {
            snapshot = piece.Step == 0 ? _initial : _snapshots.GetValueOrDefault(piece.Step);
        }

        return snapshot?.Find(piece);
    }

    private Snapshot At(long step, Func<Snapshot> create)
    {
        lock (_gate)
        {
            if (!_snapshots.TryGetValue(step, out var snapshot))
            {
                _snapshots[step] = snapshot = create();
            }

            return snapshot;
        }
    }

    private static void RemoveWhere<T>(SortedDictionary<long, T> entries, Predicate<long> unwanted)
    {
        foreach (var step in entries.Keys.Where(step => unwanted(step)).ToArray())
        {
            entries.Remove(step);
        }
    }

    private sealed record OptimizerPart(VectorSlice Slice, Dictionary<string, float[]> Values);

    private sealed class Snapshot(Lazy<float[]>? vector)
    {
        /// <summary>Copied by the first member that gets there; the others wait for it.</summary>
        internal Lazy<float[]>? Vector { get; set; } = vector;

        internal float[]? Frozen { get; set; }

        internal string? Sha256 { get; set; }

        internal List<OptimizerPart> Optimizer { get; } = [];

        internal HeldSnapshot Describe(long step)
        {
            lock (this)
            {
                return new HeldSnapshot(step, Vector is { IsValueCreated: true } && Frozen is not null, [.. Optimizer.Select(part => part.Slice)]);
            }
        }

        internal ReadOnlyMemory<float>? Find(StatePiece piece)
        {
            lock (this)
            {
                return piece.Kind switch
                {
                    StateKind.Vector => Piece(Vector is { IsValueCreated: true } made ? made.Value : null, piece.Start, piece.Length),
                    StateKind.Frozen => Piece(Frozen, piece.Start, piece.Length),
                    _ => Optimizer
                        .Where(part => part.Slice.Start <= piece.Start)
                        .Select(part => Piece(part.Values.GetValueOrDefault(piece.Name), piece.Start - part.Slice.Start, piece.Length))
                        .FirstOrDefault(found => found is not null),
                };
            }
        }

        // Not a conditional expression: its null would become an empty memory, which is no null any more.
        private static ReadOnlyMemory<float>? Piece(float[]? values, long start, long length)
        {
            if (values is null || start < 0 || length < 0 || start + length > values.Length)
            {
                return null;
            }

            return values.AsMemory((int)start, (int)length);
        }
    }
}
