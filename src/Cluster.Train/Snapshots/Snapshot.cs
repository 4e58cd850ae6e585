using Cluster.Train.Membership;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Snapshots;

/// <summary>
/// One step's state, or the parts of it that this process holds. Its arrays go back to where they came from when the
/// store has dropped it and nobody reads them any more. Safe for use by several threads.
/// </summary>
/// <param name="arrays">Where the arrays come from.</param>
internal sealed class Snapshot(SnapshotArrays arrays)
{
    private readonly Lock _gate = new();
    private readonly List<float[]> _rented = [];
    private readonly List<OptimizerPart> _optimizer = [];
    private Lazy<ReadOnlyMemory<float>>? _vector;
    private float[]? _frozen;
    private string? _sha256;
    // The first one is the store's.
    private int _uses = 1;

    /// <summary>A snapshot of parameters that live elsewhere and stay as they are.</summary>
    internal static Snapshot Of(SnapshotArrays arrays, ReadOnlyMemory<float> vector, float[] frozen) =>
        new(arrays) { _vector = Made(vector), _frozen = frozen };

    /// <summary>Keeps the arrays from being used again until <see cref="Release"/>. Only for who holds a use, or the store's lock.</summary>
    internal Snapshot Use()
    {
        lock (_gate)
        {
            _uses++;
        }

        return this;
    }

    /// <summary>Ends a use.</summary>
    internal void Release()
    {
        lock (_gate)
        {
            if (--_uses > 0)
            {
                return;
            }
        }

        _rented.ForEach(arrays.Return);
    }

    /// <summary>Copies the parameters: the first member that gets there does it, the others wait for it.</summary>
    internal void KeepModel(long length, Action<Span<float>> copyVector, float[] frozen)
    {
        Lazy<ReadOnlyMemory<float>> vector;
        lock (_gate)
        {
            vector = _vector ??= new Lazy<ReadOnlyMemory<float>>(() => Fill(length, copyVector));
            _frozen ??= frozen;
        }

        _ = vector.Value;
    }

    /// <summary>Takes parameters over that are not changed any more, without a copy.</summary>
    internal void KeepModel(ReadOnlyMemory<float> vector, float[] frozen)
    {
        lock (_gate)
        {
            _vector ??= Made(vector);
            _frozen ??= frozen;
        }
    }

    /// <summary>Copies the optimizer's state of a slice, unless it is held already.</summary>
    internal void KeepOptimizer(VectorSlice slice, IReadOnlyList<string> names, Action<string, Span<float>> copy)
    {
        lock (_gate)
        {
            if (_optimizer.Exists(part => part.Slice == slice))
            {
                return;
            }
        }

        KeepOptimizer(slice, names.ToDictionary(name => name, name => Fill(slice.Length, values => copy(name, values))));
    }

    /// <summary>Adds the optimizer's state of a slice, whose arrays are not changed any more.</summary>
    internal void KeepOptimizer(VectorSlice slice, IReadOnlyDictionary<string, float[]> state)
    {
        lock (_gate)
        {
            if (!_optimizer.Exists(part => part.Slice == slice))
            {
                _optimizer.Add(new OptimizerPart(slice, state));
            }
        }
    }

    /// <summary>The hash of the parameters, made once; null where they are not held.</summary>
    internal string? Sha256(ParameterLayout layout)
    {
        if (_vector is not { } vector)
        {
            return null;
        }

        lock (vector)
        {
            return _sha256 ??= ParametersHash.Sha256(layout, (start, length) => vector.Value.Span.Slice((int)start, length), _frozen);
        }
    }

    /// <summary>What is held.</summary>
    /// <param name="step">Whose snapshot this is.</param>
    internal HeldSnapshot Describe(long step)
    {
        lock (_gate)
        {
            return new HeldSnapshot(step, _vector is { IsValueCreated: true } && _frozen is not null, [.. _optimizer.Select(part => part.Slice)]);
        }
    }

    /// <summary>The values of a piece; null where they are not held.</summary>
    internal ReadOnlyMemory<float>? Find(StatePiece piece)
    {
        lock (_gate)
        {
            return piece.Kind switch
            {
                StateKind.Vector => Piece(_vector is { IsValueCreated: true } made ? made.Value : default(ReadOnlyMemory<float>?), piece.Start, piece.Length),
                StateKind.Frozen => Piece(_frozen is { } frozen ? frozen : default(ReadOnlyMemory<float>?), piece.Start, piece.Length),
                _ => _optimizer
                    .Where(part => part.Slice.Start <= piece.Start)
                    .Select(part => Piece(
                        part.State.TryGetValue(piece.Name, out var values) ? values : default(ReadOnlyMemory<float>?), piece.Start - part.Slice.Start, piece.Length))
                    .FirstOrDefault(found => found is not null),
            };
        }
    }

    private static Lazy<ReadOnlyMemory<float>> Made(ReadOnlyMemory<float> values)
    {
        var made = new Lazy<ReadOnlyMemory<float>>(values);
        _ = made.Value;
        return made;
    }

    // Not a conditional expression: its null would become an empty memory, which is no null any more.
    private static ReadOnlyMemory<float>? Piece(ReadOnlyMemory<float>? values, long start, long length)
    {
        if (values is not { } held || start < 0 || length < 0 || start + length > held.Length)
        {
            return null;
        }

        return held.Slice((int)start, (int)length);
    }

    /// <summary>An array of this snapshot's own, with values. On failure, too, it goes back with the others.</summary>
    private float[] Fill(long length, Action<Span<float>> copy)
    {
        var array = arrays.Rent(length);
        lock (_gate)
        {
            _rented.Add(array);
        }

        copy(array);
        return array;
    }

    private sealed record OptimizerPart(VectorSlice Slice, IReadOnlyDictionary<string, float[]> State);
}
