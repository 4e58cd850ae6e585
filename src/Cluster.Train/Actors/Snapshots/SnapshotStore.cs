using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Actors.Snapshots;

/// <summary>
/// The snapshots that this process holds: copies of the state at a step, made by its members at the end of a lease.
/// It belongs to the process, not to an actor. At most two steps are held: the newest, and the one before it while
/// the newest is not complete everywhere. Safe for use by several threads.
/// </summary>
internal sealed class SnapshotStore
{
    private const int Held = 2;

    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, Snapshot> _snapshots = [];

    /// <summary>Adds a member's part to the snapshot of a step.</summary>
    /// <param name="step">Steps of the job done.</param>
    /// <param name="copyVector">Copies the flat vector; called only for the first member of this process, since all hold the same values.</param>
    /// <param name="frozen">The frozen parameters; null from a member without a replica.</param>
    /// <param name="owner">The member's slice with its optimizer state, which is copied; null where it owns none.</param>
    internal void Keep(long step, Func<float[]> copyVector, float[]? frozen, SliceOwner? owner)
    {
        Snapshot snapshot;
        lock (_gate)
        {
            if (!_snapshots.TryGetValue(step, out snapshot!))
            {
                _snapshots[step] = snapshot = new Snapshot();
                while (_snapshots.Count > Held)
                {
                    _snapshots.Remove(_snapshots.Keys.First());
                }
            }
        }

        lock (snapshot)
        {
            snapshot.Vector ??= copyVector();
            snapshot.Frozen ??= frozen;
            foreach (var (name, values) in owner?.State ?? [])
            {
                snapshot.Optimizer.Add((name, owner!.Slice.Start, [.. values]));
            }
        }
    }

    /// <summary>The whole state at a step, put together from the parts of all owners.</summary>
    /// <param name="step">Steps of the job done.</param>
    /// <param name="parameterLength">Length of the trainable parameters.</param>
    /// <exception cref="InvalidOperationException">The snapshot is not held here.</exception>
    internal TrainingState Assemble(long step, long parameterLength)
    {
        Snapshot? snapshot;
        lock (_gate)
        {
            if (!_snapshots.TryGetValue(step, out snapshot))
            {
                throw new InvalidOperationException($"no snapshot of step {step} is held; held are {string.Join(", ", _snapshots.Keys)}");
            }
        }

        lock (snapshot)
        {
            var optimizer = new Dictionary<string, float[]>(StringComparer.Ordinal);
            foreach (var (name, start, values) in snapshot.Optimizer)
            {
                if (!optimizer.TryGetValue(name, out var whole))
                {
                    optimizer[name] = whole = new float[parameterLength];
                }

                values.CopyTo(whole.AsSpan((int)start));
            }

            return new TrainingState(step, snapshot.Vector!, snapshot.Frozen ?? [], optimizer);
        }
    }

    private sealed class Snapshot
    {
        internal float[]? Vector { get; set; }

        internal float[]? Frozen { get; set; }

        internal List<(string Name, long Start, float[] Values)> Optimizer { get; } = [];
    }
}
