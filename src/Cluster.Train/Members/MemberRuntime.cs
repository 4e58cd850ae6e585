using System.Collections.Immutable;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;

namespace Cluster.Train.Members;

/// <summary>
/// Carries out leases on one thread, in order: what workers and the coordinator's own slice have in common.
/// A generation that was aborted drops its leases; the next <see cref="PrepareAsync"/> begins a new one on the same thread.
/// </summary>
internal abstract class MemberRuntime(string name) : ISliceRuntime
{
    private readonly Lock _gate = new();
    private MemberLoop? _loop;
    private int _abortedGeneration;

    /// <inheritdoc/>
    public abstract ImmutableArray<HeldSnapshot> Held { get; }

    /// <summary>Finishes the snapshots of this member.</summary>
    protected SnapshotKeeper Keeper { get; } = new(name);

    /// <inheritdoc/>
    public virtual Task PrepareAsync(PrepareGeneration generation, Action<IGenerationMessage> sink) => RunOnThread(() =>
    {
        MemberLoop? before;
        lock (_gate)
        {
            before = _loop;
            _loop = null;
        }

        before?.Dispose();
        var loop = CreateLoop(generation, sink);
        string? aborted;
        lock (_gate)
        {
            _loop = loop;
            aborted = _abortedGeneration >= generation.Generation ? "the generation was ended while it was prepared" : null;
        }

        if (aborted is not null)
        {
            loop.Abort(aborted);
        }

        loop.LoadState();
    });

    /// <inheritdoc/>
    public virtual void Enqueue(StepLease lease) => _ = RunOnThread(() =>
    {
        MemberLoop? loop;
        lock (_gate)
        {
            loop = _abortedGeneration >= lease.Generation ? null : _loop;
        }

        if (loop?.Generation == lease.Generation)
        {
            loop.RunGuarded(lease);
        }
    });

    /// <inheritdoc/>
    public void Abort(int generation, string reason)
    {
        MemberLoop? loop;
        lock (_gate)
        {
            _abortedGeneration = Math.Max(_abortedGeneration, generation);
            loop = _loop?.Generation <= generation ? _loop : null;
        }

        Ended(generation, reason);
        loop?.Abort(reason);
    }

    /// <inheritdoc/>
    public virtual async ValueTask DisposeAsync()
    {
        Abort(int.MaxValue, "the member is being shut down");
        await RunOnThread(() => _loop?.Dispose()).ConfigureAwait(false);
        Keeper.Dispose();
    }

    /// <summary>Runs work on the member's thread, after all that was given before.</summary>
    protected abstract Task RunOnThread(Action work);

    /// <summary>Takes the member's place in a generation; called on its thread.</summary>
    protected abstract MemberLoop CreateLoop(PrepareGeneration generation, Action<IGenerationMessage> sink);

    /// <summary>A generation was ended; whoever waits for its members on another thread is to be freed.</summary>
    protected abstract void Ended(int generation, string reason);
}
