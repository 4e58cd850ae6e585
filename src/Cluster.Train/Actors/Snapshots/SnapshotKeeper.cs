using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Cluster.Train.Exchange;
using Cluster.Train.Exchange.State;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;

namespace Cluster.Train.Actors.Snapshots;

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

    internal SnapshotKeeper(string name) => _name = name;

    /// <summary>Hands a snapshot over and returns at once.</summary>
    internal void Enqueue(MadeSnapshot snapshot)
    {
        if (_thread is null)
        {
            _thread = new Thread(Work) { Name = $"snapshots of {_name}", IsBackground = true };
            _thread.Start();
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

    private static void Finish(MadeSnapshot snapshot)
    {
        var start = ThreadTime.Now();
        var (place, lease) = (snapshot.Place, snapshot.Lease);
        var store = place.Process.Snapshots;
        if (place.KeptFor is { } other)
        {
            FetchBackup(place, lease.End, other);
        }

        // Members of one process share their parameters: there is nothing to compare.
        var checksum = snapshot.HasReplica && place.Member.Endpoint is not null ? Checksum(store, lease.End, place.Process.Layout.VectorLength) : "";
        var taken = snapshot.Copying + ThreadTime.Now() - start;
        // The proof is for the journal, the checkpoint or the result: snapshots need none.
        var sha256 = snapshot.HasReplica && lease.Snapshot == SnapshotKind.KeepAndHash ? store.Sha256(lease.End, place.Process.Layout) : null;
        place.Sink(new SnapshotKept(place.WorkerId, place.Number, lease.End, checksum, sha256, taken.TotalSeconds));
    }

    private static void FetchBackup(MemberPlace place, long step, RosterMember other)
    {
        var (names, slice) = (place.Process.Definition.Optimizer.StateNames, place.KeptSlice);
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
                if (Stopwatch.GetElapsedTime(since) > place.Process.StepTimeout)
                {
                    throw new ExchangeAbortedException(Invariant($"waited {place.Process.StepTimeout.TotalSeconds:0} s for {other.Name} to serve its optimizer slice of step {step}: {refusal}"));
                }

                if (place.Process.WaitUntilOver(place.Number, Retry))
                {
                    throw new ExchangeAbortedException(Invariant($"generation {place.Number} ended"));
                }
            }
        });
    }

    private static string Checksum(SnapshotStore store, long step, long length)
    {
        using var vector = store.Find(new StatePiece(step, StateKind.Vector, "", 0, length));
        return vector is null ? "" : Convert.ToHexStringLower(XxHash128.Hash(MemoryMarshal.AsBytes(vector.Memory.Span)));
    }
}
