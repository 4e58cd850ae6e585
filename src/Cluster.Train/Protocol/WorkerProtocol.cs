using System.Collections.Immutable;
using Cluster.Train.Membership;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Protocol;

/// <summary>A worker is there and can compute these tasks. Repeated until a coordinator answers.</summary>
/// <param name="WorkerId">Identity of this run of the worker.</param>
/// <param name="Name">Its name in messages.</param>
/// <param name="Host">The machine.</param>
/// <param name="Build">Version of the program and of its tasks.</param>
/// <param name="Tasks">Names of the tasks it has.</param>
/// <param name="Past">Where it was a member before, for a coordinator that takes a job over; null for nowhere.</param>
internal sealed record WorkerHello(
    string WorkerId, string Name, string Host, string Build, ImmutableArray<string> Tasks, PastMembership? Past) : IWireMessage;

/// <summary>The last generation that a worker was in.</summary>
/// <param name="JobHash">The job.</param>
/// <param name="Generation">The generation.</param>
/// <param name="Workers">How many workers it had.</param>
internal sealed record PastMembership(string JobHash, int Generation, int Workers);

/// <summary>The worker has made its replica and asks to be a member.</summary>
/// <param name="WorkerId">Identity of this run of the worker.</param>
/// <param name="Replica">What it would compute with; compared with the job's.</param>
/// <param name="Tensors">The first of the model's tensors; further ones are asked for where they are needed.</param>
/// <param name="Held">The snapshots that its process holds.</param>
/// <param name="Memos">What former coordinators left with them.</param>
/// <param name="Remark">What the task says of the data, for the user; empty for nothing.</param>
internal sealed record JoinRequest(
    string WorkerId, ReplicaDescription Replica, TensorPage Tensors, ImmutableArray<HeldSnapshot> Held,
    ImmutableArray<JobMemo> Memos, string Remark) : IWireMessage;

/// <summary>More of a model's tensors, as the coordinator asked.</summary>
/// <param name="WorkerId">The worker.</param>
/// <param name="Tensors">The tensors.</param>
internal sealed record MoreTensors(string WorkerId, TensorPage Tensors) : IWireMessage;

/// <summary>The worker wants to leave, and does what it was given until the coordinator lets it go.</summary>
/// <param name="WorkerId">The worker.</param>
internal sealed record LeaveRequest(string WorkerId) : IWireMessage;

/// <summary>How far a worker is with what it was told.</summary>
internal enum WorkerStage
{
    /// <summary>It asked to be a member, or the generation that it was in has ended.</summary>
    Joining,

    /// <summary>It is taking its place in a generation.</summary>
    Preparing,

    /// <summary>It has its place.</summary>
    Ready,
}

/// <summary>
/// The worker is there, and this is what it knows. Said every few seconds: messages between the two may be lost, and
/// whoever hears it says again what did not arrive.
/// </summary>
/// <param name="WorkerId">The worker.</param>
/// <param name="Generation">The newest generation that it was told of; 0 for none.</param>
/// <param name="Stage">How far it is with it.</param>
/// <param name="Leaves">Whether it wants to leave.</param>
internal sealed record WorkerPresent(string WorkerId, int Generation, WorkerStage Stage, bool Leaves) : IGenerationMessage;

/// <summary>The worker has its place in the exchange and the state to begin with.</summary>
internal sealed record GenerationReady(string WorkerId, int Generation) : IGenerationMessage;

/// <summary>Steps were completed. Sent several times a second, not once a step.</summary>
/// <param name="WorkerId">The worker.</param>
/// <param name="Generation">The generation.</param>
/// <param name="FirstStep">The first step reported.</param>
/// <param name="Steps">How many.</param>
/// <param name="Shards">The shards it computes.</param>
/// <param name="ShardLosses">Mean loss of each shard, steps × shards, row-major; 0 for a shard without samples.</param>
/// <param name="Evaluations">Evaluations that fell into these steps.</param>
/// <param name="Seconds">What the steps took, evaluations not counted.</param>
internal sealed record StepReport(
    string WorkerId, int Generation, long FirstStep, int Steps, ShardRange Shards, ImmutableArray<float> ShardLosses,
    ImmutableArray<ShardEvaluation> Evaluations, double Seconds) : IGenerationMessage
{
    /// <summary>What each of <see cref="ShardLosses"/> counts; empty where losses count by their samples.</summary>
    internal ImmutableArray<float> ShardWeights { get; init; } = [];

    /// <summary>Where the time of these steps went, as <see cref="StepTime.ToReport"/> has it; empty where it was not measured.</summary>
    internal ImmutableArray<float> Phases { get; init; } = [];
}

/// <summary>
/// A worker is evaluating, and this is how far it is. Said about once a second of an evaluation that takes longer, since
/// no step is reported meanwhile.
/// </summary>
/// <param name="WorkerId">The worker.</param>
/// <param name="Generation">The generation.</param>
/// <param name="CompletedSteps">Steps of the job done before the evaluation.</param>
/// <param name="Batches">Batches of its part that are done.</param>
/// <param name="Total">Batches of its part.</param>
internal sealed record EvaluationProgress(string WorkerId, int Generation, long CompletedSteps, long Batches, long Total) : IGenerationMessage;

/// <summary>A member has done all steps of a lease.</summary>
/// <param name="WorkerId">The member; empty for the coordinator's own slice.</param>
/// <param name="Generation">The generation.</param>
/// <param name="CompletedSteps">Steps of the job done.</param>
internal sealed record LeaseCompleted(string WorkerId, int Generation, long CompletedSteps) : IGenerationMessage;

/// <summary>A member holds its part of a snapshot, and the part that it keeps for another.</summary>
/// <param name="WorkerId">The member; empty for the coordinator's own slice.</param>
/// <param name="Generation">The generation.</param>
/// <param name="Step">Steps of the job done.</param>
/// <param name="Checksum">A fast checksum of its whole vector, for comparison with the others'; empty from a member without a replica.</param>
/// <param name="ParametersSha256">SHA-256 of its parameters where the lease asked for it.</param>
/// <param name="Seconds">What the snapshot took from this member's training: the copy, and processor time beside it.</param>
internal sealed record SnapshotKept(
    string WorkerId, int Generation, long Step, string Checksum, string? ParametersSha256, double Seconds) : IGenerationMessage;

/// <summary>The worker has left a generation that was ended.</summary>
/// <param name="WorkerId">The worker.</param>
/// <param name="Generation">The generation.</param>
/// <param name="Held">The snapshots that its process holds.</param>
internal sealed record GenerationEnded(string WorkerId, int Generation, ImmutableArray<HeldSnapshot> Held) : IGenerationMessage;

/// <summary>Something that a worker noticed and the user should read; training goes on.</summary>
/// <param name="WorkerId">The worker.</param>
/// <param name="Generation">Its generation.</param>
/// <param name="Text">One line.</param>
internal sealed record WorkerNotice(string WorkerId, int Generation, string Text) : IGenerationMessage;

/// <summary>What kind of failure a worker reports.</summary>
internal enum FaultKind
{
    /// <summary>What the user gave cannot be used: ends the job with exit code 2.</summary>
    BadInput,

    /// <summary>The task or the numbers failed, and would again: ends the job with exit code 1.</summary>
    Task,

    /// <summary>The exchange ended under the worker: somebody else is the cause.</summary>
    ExchangeLost,

    /// <summary>The worker did not reach another one, the suspect, when a generation was to begin.</summary>
    Unreached,
}

/// <summary>A worker cannot go on.</summary>
/// <param name="WorkerId">The worker.</param>
/// <param name="Generation">Its generation; 0 before the first.</param>
/// <param name="Kind">What follows from it.</param>
/// <param name="Message">One line.</param>
/// <param name="Suspect">Rank of the member that it lost; -1 where it knows none.</param>
internal sealed record WorkerFault(string WorkerId, int Generation, FaultKind Kind, string Message, int Suspect = -1) : IGenerationMessage;
