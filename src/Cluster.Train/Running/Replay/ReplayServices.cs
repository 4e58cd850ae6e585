using System.Collections.Immutable;
using Cluster.Train.Actors;
using Cluster.Train.Checkpoints;
using Cluster.Train.Coordination;
using Cluster.Train.Exchange;
using Cluster.Train.Journal;
using Cluster.Train.Members;
using Cluster.Train.Membership;
using Cluster.Train.Snapshots;
using Cluster.Train.Training;

namespace Cluster.Train.Running.Replay;

/// <summary>The coordinator's services in a replay: it begins with one checkpoint, or with none, and writes nothing.</summary>
/// <param name="process">The process.</param>
/// <param name="observer">Is told how it goes.</param>
/// <param name="checkpoint">Where to begin; null for the beginning. Stays the caller's.</param>
/// <param name="header">The journal's job.</param>
/// <param name="journal">Compares.</param>
internal sealed class ReplayServices(
    ProcessContext process, IJobObserver observer, LoadedCheckpoint? checkpoint, JournalHeader header, IStepJournal journal) : ICoordinatorServices
{
    /// <inheritdoc/>
    public IJobObserver Observer => observer;

    /// <inheritdoc/>
    public IStepJournal Journal => journal;

    /// <inheritdoc/>
    public ISliceRuntime OwnSlice { get; } = new OwnSliceRuntime(process);

    /// <inheritdoc/>
    public string? Endpoint => null;

    /// <inheritdoc/>
    public long? NewestCheckpoint { get; private set; }

    /// <inheritdoc/>
    public WatchState? Watched => checkpoint?.Manifest.Watch?.State;

    /// <summary>What to say where the journal was computed in another numerics class; null where it was not, or before the replica is known.</summary>
    internal string? NumericsChange { get; private set; }

    /// <inheritdoc/>
    public Task OpenAsync(ReplicaDescription replica, ImmutableArray<TensorEntry> tensors, bool takeover) => Task.Run(() =>
    {
        NumericsChange = Coordination.NumericsChange.Between("the journal", header.Numerics, header.Processor, replica, process.Definition.Portable);
        if (NumericsChange is not null)
        {
            observer.OnNotice(NumericsChange);
        }

        process.Layout = new ParameterLayout(tensors.Select(tensor => (tensor.Name, tensor.Shape, tensor.Role, tensor.Group)), process.Task.Weight is not null);
        if (replica.DataFingerprint != header.DataFingerprint || replica.TrainingSamples != header.Samples)
        {
            throw new BadInputException(Invariant($"the journal was made with other data than this ({header.Samples:N0} training samples, here {replica.TrainingSamples:N0}); give that --data"));
        }

        if (replica.LayoutHash != header.LayoutHash)
        {
            throw new BadInputException("the journal is of a model with other tensors; use the version of the task that made it");
        }

        if (checkpoint is not null)
        {
            Load(checkpoint);
        }
    });

    /// <inheritdoc/>
    public void Seal(long step)
    {
    }

    /// <inheritdoc/>
    public Task LoadNewestCheckpointAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public IDisposable? Watch(Roster roster, Action<PeerLoss> lost) => null;

    /// <inheritdoc/>
    public Task<CollectedState> CollectAsync(Roster roster, IReadOnlyList<StateHolder> holders, long step) =>
        throw new NotSupportedException("a replay writes no checkpoints");

    /// <inheritdoc/>
    public Task<string?> WriteAsync(CollectedState state, CheckpointRequest request) =>
        throw new NotSupportedException("a replay writes no checkpoints");

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => OwnSlice.DisposeAsync();

    private void Load(LoadedCheckpoint start)
    {
        var manifest = start.Manifest;
        if (manifest.LayoutHash != header.LayoutHash || manifest.DataFingerprint != header.DataFingerprint)
        {
            throw new BadInputException($"checkpoint {manifest.DirectoryName} and the journal are of different runs: their data or their model is another");
        }

        var state = CheckpointMapping.Read(start, process.Layout, process.Definition.StateNames);
        var sha256 = ParametersHash.Sha256(process.Layout, (from, length) => state.Vector.AsSpan((int)from, length), state.Frozen);
        if (sha256 != manifest.ParametersSha256)
        {
            throw new BadInputException($"checkpoint {manifest.DirectoryName} is damaged: its parameters have another hash than its manifest says");
        }

        process.Snapshots.KeepAll(state);
        NewestCheckpoint = state.Step;
        journal.Hash(generation: 0, state.Step, sha256);
    }
}
