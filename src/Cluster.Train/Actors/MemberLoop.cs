using Cluster.Train.Actors.Snapshots;
using Cluster.Train.Exchange;
using Cluster.Train.Protocol;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Actors;

/// <summary>
/// A member's part in one generation: its side of the exchange and its slice. All but <see cref="Abort"/> is called on
/// the member's thread.
/// </summary>
internal abstract class MemberLoop(
    string workerId, int generation, TensorExchange exchange, SliceOwner? owner, SnapshotStore snapshots,
    Func<long, TrainingState> storedState, Action<IGenerationMessage> sink) : IDisposable
{
    internal int Generation { get; } = generation;

    protected TensorExchange Exchange { get; } = exchange;

    protected string WorkerId { get; } = workerId;

    protected Action<IGenerationMessage> Sink { get; } = sink;

    /// <summary>Ends the exchange; whoever waits in it is freed. On any thread.</summary>
    internal void Abort(string reason) => Exchange.Abort(reason);

    /// <summary>Fills the parameters and the optimizer's slice with the state of the first step.</summary>
    internal void LoadState(PrepareGeneration generation)
    {
        if (generation.Origin == StateOrigin.Initial)
        {
            WriteInitialState();
            return;
        }

        var state = storedState(generation.FirstStep);
        VectorCopy.ToBlock(state.Vector, Exchange.Parameters);
        if (owner is not null)
        {
            foreach (var (name, values) in state.Optimizer)
            {
                var length = (int)(Math.Min(owner.Slice.End, values.Length) - owner.Slice.Start);
                if (length > 0)
                {
                    owner.LoadState(name, values.AsSpan((int)owner.Slice.Start, length));
                }
            }
        }

        ReadStoredState(state);
    }

    /// <summary>Does a lease, and reports what became of it.</summary>
    internal void RunGuarded(StepLease lease)
    {
        try
        {
            RunSteps(lease);
            string? hash = null;
            if (lease.Snapshot)
            {
                snapshots.Keep(lease.End, () => VectorCopy.ToArray(Exchange.Parameters), FrozenParameters(), owner);
                hash = ParametersSha256();
            }

            Sink(new LeaseCompleted(WorkerId, Generation, lease.End, hash));
        }
        catch (Exception error)
        {
            // The others wait for this member in the exchange: free them before the fault travels.
            Exchange.Abort($"a member failed in step {CurrentStep}: {error.Message}");
            Sink(Fault(error));
        }
    }

    /// <inheritdoc/>
    public virtual void Dispose() => Exchange.Dispose();

    /// <summary>The step being done, for messages.</summary>
    protected long CurrentStep { get; set; }

    protected abstract void RunSteps(StepLease lease);

    protected abstract void WriteInitialState();

    protected abstract void ReadStoredState(TrainingState state);

    protected abstract float[]? FrozenParameters();

    protected abstract string? ParametersSha256();

    protected abstract WorkerFault Fault(Exception error);
}
