using System.Collections.Immutable;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Training;

namespace Cluster.Train.Coordination;

/// <summary>Something that a coordinator has decided to do. Carried out in the order in which it was decided.</summary>
internal abstract record Effect
{
    /// <summary>Sends a message to a worker.</summary>
    internal sealed record Tell(ActorAddress To, IWireMessage Message) : Effect;

    /// <summary>Sends a message to several workers.</summary>
    internal sealed record TellAll(IReadOnlyList<ActorAddress> To, IWireMessage Message) : Effect;

    /// <summary>From now on, the worker's end is an event.</summary>
    internal sealed record Watch(string WorkerId, ActorAddress Worker) : Effect;

    /// <summary>The worker's end means nothing any more.</summary>
    internal sealed record Unwatch(ActorAddress Worker) : Effect;

    /// <summary>Says a line to the user.</summary>
    internal sealed record Notice(string Text) : Effect;

    /// <summary>Shows that a generation has begun.</summary>
    internal sealed record ShowRoster(RosterFormed Roster) : Effect;

    /// <summary>Shows how far the job is.</summary>
    internal sealed record ShowProgress(JobProgress Progress) : Effect;

    /// <summary>Shows an epoch's result.</summary>
    internal sealed record ShowEpoch(EpochResult Epoch) : Effect;

    /// <summary>Shows an evaluation within an epoch.</summary>
    internal sealed record ShowEvaluation(EvaluationPoint Point) : Effect;

    /// <summary>Shows that a checkpoint is on disk.</summary>
    internal sealed record ShowCheckpoint(CheckpointWritten Checkpoint) : Effect;

    /// <summary>Shows that the job returns to an earlier step.</summary>
    internal sealed record ShowRecovery(JobRecovery Recovery) : Effect;

    /// <summary>Writes down that a generation begins.</summary>
    internal sealed record JournalGeneration(int Generation, long FirstStep) : Effect;

    /// <summary>Writes down steps.</summary>
    internal sealed record JournalSteps(StepReport Report) : Effect
    {
        /// <summary>Steps from which evaluations have reduced the learning rate once more, those of the report's steps at least.</summary>
        internal ImmutableArray<long> Reductions { get; init; } = [];
    }

    /// <summary>Writes down the hash on which all replicas agree.</summary>
    internal sealed record JournalHash(int Generation, long Step, string Sha256) : Effect;

    /// <summary>Writes down an evaluation.</summary>
    internal sealed record JournalEvaluation(int Generation, long Step, EvaluationResult Evaluation) : Effect;

    /// <summary>Begins a wait, anew where it runs already.</summary>
    internal sealed record StartWait(Wait Wait, TimeSpan Length) : Effect;

    /// <summary>Ends a wait without its event.</summary>
    internal sealed record CancelWait(Wait Wait) : Effect;

    /// <summary>Looks at the checkpoint directory.</summary>
    /// <param name="Succeeds">Whether another coordinator had the job before.</param>
    internal sealed record Examine(bool Succeeds) : Effect;

    /// <summary>Takes the checkpoint directory, and loads the state to go on from where the run is to go on.</summary>
    internal sealed record OpenState(ReplicaDescription Replica, ImmutableArray<TensorEntry> Tensors, bool GoesOn) : Effect;

    /// <summary>Loads the newest checkpoint.</summary>
    internal sealed record LoadCheckpoint : Effect;

    /// <summary>Lets the members of a generation fetch this process's snapshots, and watches their processes.</summary>
    internal sealed record WatchPeers(Roster Roster) : Effect;

    /// <summary>Ends watching them.</summary>
    internal sealed record UnwatchPeers : Effect;

    /// <summary>Gives the coordinator's own slice its place.</summary>
    internal sealed record PrepareOwnSlice(PrepareGeneration Generation) : Effect;

    /// <summary>Gives the own slice a lease.</summary>
    internal sealed record LeaseOwnSlice(StepLease Lease) : Effect;

    /// <summary>Ends the own slice's part in a generation.</summary>
    internal sealed record AbortOwnSlice(int Generation, string Reason) : Effect;

    /// <summary>All members hold this step: a state of this process that is older can go.</summary>
    internal sealed record Seal(long Step) : Effect;

    /// <summary>Puts a snapshot together from those who hold it, and writes it as a checkpoint.</summary>
    internal sealed record Save(Roster Roster, IReadOnlyList<StateHolder> Holders, CheckpointRequest Request) : Effect;

    /// <summary>A line for who looks for a fault.</summary>
    internal sealed record Log(string Text) : Effect;

    /// <summary>The job has ended in good order.</summary>
    internal sealed record Finish(JobOutcome Outcome) : Effect;

    /// <summary>The job has ended for this reason.</summary>
    internal sealed record Fail(Exception Error) : Effect;

    /// <summary>The coordinator ends.</summary>
    internal sealed record End : Effect;
}
