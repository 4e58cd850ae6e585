using System.Collections.Concurrent;
using System.Diagnostics;
using Cluster.Train.Exchange;
using Cluster.Train.Machine;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Snapshots;
using Cluster.Train.Training;

namespace Cluster.Train.Members;

/// <summary>A snapshot whose copy is made: the member trains on, and the rest is done beside it.</summary>
/// <param name="Place">Whose it is.</param>
/// <param name="Lease">At whose end it was made.</param>
/// <param name="HasReplica">Whether the model is in it.</param>
/// <param name="Copying">What the copy took.</param>
internal sealed record MadeSnapshot(MemberPlace Place, StepLease Lease, bool HasReplica, TimeSpan Copying);

/// <summary>
/// Finishes a member's snapshots on a thread of its own: fetches the optimizer slice that it keeps for another, makes
/// the checksum by which replicas are compared, and reports.
/// </summary>
internal sealed class SnapshotKeeper : IDisposable
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(2);

    private readonly BlockingCollection<MadeSnapshot> _queue = [];
    private readonly string _name;
    private Thread? _thread;
    private ReadOnlyMemory<float> _frozen;
    private UInt128 _frozenChecksum = TensorValues.Checksum([]);

    internal SnapshotKeeper(string name) => _name = name;

    /// <summary>Hands a snapshot over and returns at once.</summary>
    internal void Enqueue(MadeSnapshot snapshot)
    {
        if (_thread is null)
        {
            _thread = WorkThread.Start($"snapshots of {_name}", Work);
        }

        _queue.Add(snapshot);
    }

    /// <inheritdoc/>
    public void Dispose() => _queue.CompleteAdding();

    private void Work()
    {
        foreach (var snapshot in _queue.GetConsumingEnumerable())
        {
            try
            {
                Finish(snapshot);
            }
            catch (Exception error)
            {
                var place = snapshot.Place;
                place.Sink(MemberFaults.Describe(place.WorkerId, place.Name, place.Number, error));
            }
        }
    }

    private void Finish(MadeSnapshot snapshot)
    {
        var start = ThreadTime.Now();
        var (place, lease) = (snapshot.Place, snapshot.Lease);
        var store = place.Process.Snapshots;
        if (place.KeptFor is { } other)
        {
            FetchBackup(place, lease.End, other);
        }

        // Members of one process share their parameters: there is nothing to compare.
        var checksum = snapshot.HasReplica && place.Member.Endpoint is not null ? Checksum(store, lease.End, place.Process.Layout) : "";
        var taken = snapshot.Copying + ThreadTime.Now() - start;
        // The proof is for the journal, the checkpoint or the result: snapshots need none.
        var sha256 = snapshot.HasReplica && lease.Snapshot == SnapshotKind.KeepAndHash ? store.Sha256(lease.End, place.Process.Layout) : null;
        place.Sink(new SnapshotKept(place.WorkerId, place.Number, lease.End, checksum, sha256, taken.TotalSeconds));
    }

    private static void FetchBackup(MemberPlace place, long step, RosterMember other)
    {
        var (names, slice) = (place.Process.Definition.StateNames, place.KeptSlice);
        // Before the first step there is no optimizer state yet, and nobody could serve it.
        if (step == 0 || names.Count == 0 || slice.Length <= 0)
        {
            return;
        }

        var holder = new StateHolder(other.WorkerId, other.Endpoint, [new HeldSnapshot(step, HasModel: false, [slice])]);
        var fetch = place.Process.Fetch(place.Generation.Roster, place.Member);
        place.Process.Snapshots.KeepOptimizer(step, slice, names, (name, values) =>
        {
            var piece = new StatePiece(step, StateKind.Optimizer, name, slice.Start, slice.Length);
            var since = Stopwatch.GetTimestamp();
            // Its owner may be a moment behind with its own copy.
            while (fetch(holder, piece, values) is { } refusal)
            {
                // After an evaluation it may be more than a moment: it evaluates its own shards first.
                if (place.PatienceAfter(step) is { } limit && ProcessTime.Since(since) > limit)
                {
                    throw new ExchangeAbortedException(Invariant($"waited {limit.TotalSeconds:0} s for {other.Name} to serve its optimizer slice of step {step}: {refusal}"));
                }

                if (place.Process.WaitUntilOver(place.Number, Retry))
                {
                    throw new ExchangeAbortedException(Invariant($"generation {place.Number} ended"));
                }
            }
        });
    }

    /// <summary>A checksum of a snapshot, by which replicas are compared.</summary>
    /// <param name="vector">Checksum of the flat vector.</param>
    /// <param name="frozen">Checksum of the frozen parameters: who computes with others parts from the rest, though all share one vector.</param>
    internal static string Checksum(UInt128 vector, UInt128 frozen) => Invariant($"{vector:x32}{frozen:x32}");

    private string Checksum(SnapshotStore store, long step, ParameterLayout layout)
    {
        using var vector = store.Find(new StatePiece(step, StateKind.Vector, "", 0, layout.VectorLength));
        using var frozen = store.Find(new StatePiece(step, StateKind.Frozen, "", 0, layout.FrozenLength));
        return vector is null || frozen is null ? "" : Checksum(TensorValues.Checksum(vector.Memory.Span), FrozenChecksum(frozen.Memory));
    }

    /// <summary>Snapshots share the array of the frozen parameters, which stays as it is: it is read once.</summary>
    private UInt128 FrozenChecksum(ReadOnlyMemory<float> values)
    {
        if (!values.Equals(_frozen))
        {
            (_frozen, _frozenChecksum) = (values, TensorValues.Checksum(values.Span));
        }

        return _frozenChecksum;
    }
}
