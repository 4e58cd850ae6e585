using System.Diagnostics;
using Cluster.Train.Protocol;
using Cluster.Train.Snapshots;
using Cluster.Train.Telemetry;
using Cluster.Train.Training;

namespace Cluster.Train.Members;

/// <summary>
/// A member's part in one generation: its side of the exchange and its slice. All but <see cref="Abort"/> is called on
/// the member's thread.
/// </summary>
internal abstract class MemberLoop(MemberPlace place, SnapshotKeeper keeper) : IDisposable
{
    private bool _failed;

    internal int Generation => Place.Number;

    protected MemberPlace Place { get; } = place;

    /// <summary>The step being done, for messages.</summary>
    protected long CurrentStep { get; set; }

    /// <summary>Ends the exchange; whoever waits in it is freed. On any thread.</summary>
    internal void Abort(string reason) => Place.Exchange.Abort(reason);

    /// <summary>Fills the parameters and the optimizer's slice with the state of the first step.</summary>
    internal void LoadState()
    {
        var step = Place.Generation.FirstStep;
        Place.Process.Snapshots.DropAfter(step);
        var loader = new StateLoader(
            Place.Process.Snapshots, Place.Process.Fetch(Place.Generation.Roster, Place.Member), step, Place.Generation.Holders, Place.Member.Rank);
        var parameters = Place.Exchange.Parameters;
        if (!Place.BeginsHere)
        {
            if (parameters.IsOnHost)
            {
                loader.LoadModel(StateKind.Vector, parameters.Length, parameters.Span);
            }
            else
            {
                var vector = new float[parameters.Length];
                loader.LoadModel(StateKind.Vector, vector.Length, (start, length) => vector.AsSpan((int)start, length));
                parameters.Write(0, vector);
            }
        }

        // At step 0 the optimizer has no state yet: a new owner's is zero.
        if (Place.Owner is { } owner && step > 0)
        {
            foreach (var name in owner.StateNames)
            {
                var (slice, held) = (owner.StateSlice, owner.HostState(name));
                var values = held ?? new float[slice.Length];
                loader.LoadOptimizer(name, slice, (start, length) => values.AsSpan((int)(start - slice.Start), length));
                if (held is null)
                {
                    owner.LoadState(name, values);
                }
            }
        }

        StateLoaded(loader);
        PrepareSnapshots();
    }

    /// <summary>
    /// Does a lease, and reports what became of it. After a failed one no other is done: leases that are queued already would
    /// fail because of it, and their errors would hide the cause.
    /// </summary>
    internal void RunGuarded(StepLease lease)
    {
        if (_failed)
        {
            return;
        }

        using var native = NativeExceptions.Catch(Failed);
        try
        {
            Place.Rate?.Take(lease.Reductions);
            RunSteps(lease);
            if (lease.Snapshot != SnapshotKind.None)
            {
                var start = Stopwatch.GetTimestamp();
                KeepSnapshot(lease.End, lease.Snapshot, Stays(lease));
                var copied = Stopwatch.GetElapsedTime(start);
                Metering.Copied(Place.Name, copied.TotalSeconds);
                keeper.Enqueue(new MadeSnapshot(Place, lease, HasReplica, copied));
            }

            Place.Sink(new LeaseCompleted(Place.WorkerId, Generation, lease.End));
        }
        catch (Exception error)
        {
            Failed(error);
        }
    }

    /// <inheritdoc/>
    public virtual void Dispose() => Place.Exchange.Dispose();

    private void Failed(Exception error)
    {
        _failed = true;
        // The others wait for this member in the exchange: free them before the fault travels.
        Place.Exchange.Abort(Invariant($"a member failed in step {CurrentStep}: {error.Message}"));
        Place.Sink(MemberFaults.Describe(Place.WorkerId, Place.Name, Generation, error));
    }

    /// <summary>Whether this member has the model.</summary>
    protected abstract bool HasReplica { get; }

    protected abstract void RunSteps(StepLease lease);

    /// <summary>The flat vector holds the first step's values.</summary>
    protected abstract void StateLoaded(StateLoader loader);

    /// <summary>Keeps this member's part of the state.</summary>
    /// <param name="step">Steps of the job done.</param>
    /// <param name="kind">What was asked for.</param>
    /// <param name="stays">Whether the state is not changed any more, so that it needs no copy.</param>
    protected virtual void KeepSnapshot(long step, SnapshotKind kind, bool stays)
    {
        if (Place.Owner is { StateNames: { Count: > 0 } names } owner)
        {
            if (stays && names.All(name => owner.HostState(name) is not null))
            {
                Place.Process.Snapshots.KeepOptimizer(step, owner.StateSlice, names.ToDictionary(name => name, name => owner.HostState(name)!));
                return;
            }

            Place.Process.Snapshots.KeepOptimizer(step, owner.StateSlice, names, (name, values) => owner.CopyState(name, values));
        }
    }

    /// <summary>
    /// Whether the state at a lease's end is that of the job's end in this process. Where other processes take part, a fault may
    /// still take the job back, and another generation would write over it.
    /// </summary>
    private bool Stays(StepLease lease) => Place.Process.Network is null && lease.End == Place.Generation.TotalSteps;

    /// <summary>
    /// Makes the memory that this member's snapshots need. Where all members are in one process, a snapshot is made only for
    /// a checkpoint or a hash, and is gone after it: one is enough, and not before it is needed.
    /// </summary>
    private void PrepareSnapshots()
    {
        if (Place.Process.Network is null)
        {
            var (names, all) = (Place.Process.Definition.StateNames, Place.Process.Layout.ParameterLength);
            var slices = Place.Generation.Roster.Members.Select(member => Math.Min(member.Slice.End, all) - member.Slice.Start);
            Place.Process.Snapshots.Arrays.KeepOne(slices.SelectMany(length => names.Select(_ => length)).Append(Place.Exchange.Parameters.Length));
            return;
        }

        var lengths = Place.Owner is { } owner ? owner.StateNames.Select(_ => owner.StateSlice.Length) : [];
        lengths = lengths.Concat(Place.Process.Definition.StateNames.Select(_ => Place.KeptSlice.Length));
        Place.Process.Snapshots.Arrays.Prepare(HasReplica ? lengths.Append(Place.Exchange.Parameters.Length) : lengths);
    }
}
