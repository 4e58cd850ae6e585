using Cluster.Train.Exchange;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Snapshots;

/// <summary>
/// Collects the state of a step for a checkpoint: what this process holds is taken where it lies, and only what others hold
/// is fetched, to arrays that are used again for the next checkpoint.
/// </summary>
internal sealed class StateCollector
{
    private readonly SnapshotStore _store;
    private readonly SnapshotArrays _arrays;
    private readonly long _step;
    private readonly Part _vector;
    private readonly Part _frozen;
    private readonly Part[] _optimizer;

    /// <summary>Takes what this process holds, at once: from then on the store may drop its snapshot.</summary>
    /// <param name="store">This process's snapshots.</param>
    /// <param name="arrays">Where arrays for the rest come from.</param>
    /// <param name="layout">The model's layout.</param>
    /// <param name="names">The optimizer's state vectors, for example "momentum".</param>
    /// <param name="step">Steps of the job done.</param>
    internal StateCollector(SnapshotStore store, SnapshotArrays arrays, ParameterLayout layout, IReadOnlyList<string> names, long step)
    {
        (_store, _arrays, _step) = (store, arrays, step);
        _vector = TakeModel(StateKind.Vector, layout.VectorLength);
        _frozen = TakeModel(StateKind.Frozen, layout.FrozenLength);
        _optimizer = [.. names.Select(name => new Part(StateKind.Optimizer, name, layout.ParameterLength) { Pieces = TakeOptimizer(name, layout.ParameterLength) })];
    }

    private IEnumerable<Part> Parts => _optimizer.Prepend(_frozen).Prepend(_vector);

    /// <summary>Fetches the rest.</summary>
    /// <exception cref="ExchangeAbortedException">Nobody could serve a piece. What was taken is free again.</exception>
    internal CollectedState Finish(StateLoader loader)
    {
        try
        {
            foreach (var part in Parts.Where(part => part.Pieces is null))
            {
                Fetch(part, loader);
            }
        }
        catch
        {
            foreach (var piece in Parts.SelectMany(part => part.Pieces ?? []))
            {
                piece.Values.Dispose();
            }

            throw;
        }

        return new CollectedState(
            _step, _vector.Pieces![0].Values, _frozen.Pieces![0].Values,
            _optimizer.ToDictionary(part => part.Name, IReadOnlyList<CollectedPiece> (part) => part.Pieces!, StringComparer.Ordinal));
    }

    private Part TakeModel(StateKind kind, long length) =>
        new(kind, "", length) { Pieces = _store.Find(new StatePiece(_step, kind, "", 0, length)) is { } values ? [new CollectedPiece(0, values)] : null };

    /// <summary>Slices side by side, from the first value to the last; null where one is missing here.</summary>
    private List<CollectedPiece>? TakeOptimizer(string name, long length)
    {
        var pieces = new List<CollectedPiece>();
        var slices = _store.Held().Where(held => held.Step == _step).SelectMany(held => held.Optimizer).ToArray();
        for (long start = 0; start < length;)
        {
            var end = Math.Min(length, slices.Where(slice => slice.Start <= start).Select(slice => slice.End).Append(start).Max());
            if (end == start || _store.Find(new StatePiece(_step, StateKind.Optimizer, name, start, end - start)) is not { } values)
            {
                pieces.ForEach(piece => piece.Values.Dispose());
                return null;
            }

            pieces.Add(new CollectedPiece(start, values));
            start = end;
        }

        return pieces;
    }

    private void Fetch(Part part, StateLoader loader)
    {
        var array = _arrays.Rent(part.Length);
        part.Pieces = [new CollectedPiece(0, new StateValues(array, () => _arrays.Return(array)))];
        if (part.Kind != StateKind.Optimizer)
        {
            loader.LoadModel(part.Kind, part.Length, (start, length) => array.AsSpan((int)start, length));
        }
        else if (_step > 0)
        {
            loader.LoadOptimizer(part.Name, new VectorSlice(0, part.Length), (start, length) => array.AsSpan((int)start, length));
        }
        else
        {
            // Before the first step the optimizer has no state yet.
            Array.Clear(array);
        }
    }

    private sealed record Part(StateKind Kind, string Name, long Length)
    {
        internal List<CollectedPiece>? Pieces { get; set; }
    }
}
