using System.Collections.Immutable;
using Cluster.Train.Coordination;
using Cluster.Train.Exchange;
using Cluster.Train.Journal;
using Cluster.Train.Members;
using Cluster.Train.Membership;
using Cluster.Train.Snapshots;
using Cluster.Train.Training;

namespace Cluster.Train.Actors;

/// <summary>What the coordinator has done by others: its own slice, stored states, whoever watches.</summary>
internal interface ICoordinatorServices : IOwnState, IAsyncDisposable
{
    /// <summary>Is told how the job goes.</summary>
    IJobObserver Observer { get; }

    /// <summary>Is told of every step; null for no journal.</summary>
    IStepJournal? Journal => null;

    /// <summary>The coordinator's own slice, for the coordinator topology, and the snapshots of its process.</summary>
    ISliceRuntime OwnSlice { get; }

    /// <inheritdoc/>
    ImmutableArray<HeldSnapshot> IOwnState.Held => OwnSlice.Held;

    /// <summary>
    /// Takes the checkpoint directory and looks at what is there: what is wrong with it is told before the first worker
    /// comes, and a job that is done needs none.
    /// </summary>
    /// <param name="succeeds">Whether another coordinator had the job before: then its checkpoints are this one's.</param>
    /// <exception cref="BadInputException">The directory, or the checkpoints in it, cannot be used for this job.</exception>
    Task<CheckpointStart> ExamineAsync(bool succeeds) => Task.FromResult(CheckpointStart.Nothing);

    /// <summary>
    /// Takes the checkpoint directory, once a replica's description is known, and loads the newest checkpoint as a
    /// snapshot of this process where the run is to go on from one.
    /// </summary>
    /// <param name="replica">The replica.</param>
    /// <param name="tensors">The model's tensors.</param>
    /// <param name="takeover">Whether a former coordinator has begun the job: then its checkpoints are this one's.</param>
    /// <exception cref="BadInputException">The checkpoints are of another job, or none can be used.</exception>
    Task OpenAsync(ReplicaDescription replica, ImmutableArray<TensorEntry> tensors, bool takeover);

    /// <summary>Everybody holds this step: a state of this process that is older can go.</summary>
    void Seal(long step);

    /// <summary>Loads the newest checkpoint as a snapshot of this process.</summary>
    Task LoadNewestCheckpointAsync();

    /// <summary>Serves the snapshots of this process to a generation's members, and watches their processes.</summary>
    /// <param name="roster">The generation.</param>
    /// <param name="lost">Is told of each member that is gone, on any thread.</param>
    /// <returns>Ends watching when disposed; null where all members are in this process.</returns>
    IDisposable? Watch(Roster roster, Action<PeerLoss> lost);

    /// <summary>
    /// Puts a snapshot together from those who hold it. What this process holds is taken before the call returns: from then on
    /// its store may drop the snapshot.
    /// </summary>
    /// <param name="roster">The roster whose members hold it.</param>
    /// <param name="holders">What they hold.</param>
    /// <param name="step">Its step.</param>
    Task<CollectedState> CollectAsync(Roster roster, IReadOnlyList<StateHolder> holders, long step);

    /// <summary>Writes a state as a checkpoint, off the training path, and disposes it.</summary>
    /// <returns>Completes with the checkpoint's path when it is on disk; with null where a newer one took its place.</returns>
    Task<string?> WriteAsync(CollectedState state, CheckpointRequest request);
}
