using System.Collections.Immutable;
using Cluster.Train.Membership;
using Cluster.Train.Reduction;

namespace Cluster.Train.Protocol;

/// <summary>A worker is there and can compute these tasks. Repeated until the coordinator answers.</summary>
/// <param name="WorkerId">Identity of this run of the worker.</param>
/// <param name="Name">Its name in messages.</param>
/// <param name="Host">The machine.</param>
/// <param name="Build">Version of the program and of its tasks.</param>
/// <param name="Tasks">Names of the tasks it has.</param>
public sealed record WorkerHello(string WorkerId, string Name, string Host, string Build, ImmutableArray<string> Tasks) : IWireMessage;

/// <summary>The worker has made its replica and asks to be a member.</summary>
/// <param name="WorkerId">Identity of this run of the worker.</param>
/// <param name="Replica">What it would compute with; compared with the job's.</param>
public sealed record JoinRequest(string WorkerId, ReplicaDescription Replica) : IWireMessage;

/// <summary>The worker has its place in the exchange and the state to begin with.</summary>
public sealed record GenerationReady(string WorkerId, int Generation) : IGenerationMessage;

/// <summary>Steps were completed. Sent several times a second, not once a step.</summary>
/// <param name="WorkerId">The worker.</param>
/// <param name="Generation">The generation.</param>
/// <param name="FirstStep">The first step reported.</param>
/// <param name="Steps">How many.</param>
/// <param name="Shards">The shards it computes.</param>
/// <param name="ShardLosses">Mean loss of each shard, steps × shards, row-major; 0 for a shard without samples.</param>
/// <param name="Evaluations">Evaluations that fell into these steps.</param>
/// <param name="Seconds">What the steps took, evaluations not counted.</param>
public sealed record StepReport(
    string WorkerId, int Generation, long FirstStep, int Steps, ShardRange Shards, ImmutableArray<float> ShardLosses,
    ImmutableArray<ShardEvaluation> Evaluations, double Seconds) : IGenerationMessage;

/// <summary>One shard's part of an evaluation: sums, so that the whole is exact.</summary>
/// <param name="CompletedSteps">Steps of the job done when it was made.</param>
/// <param name="Shard">The shard.</param>
/// <param name="LossSum">Sum of the losses of its samples.</param>
/// <param name="Correct">Correct decisions.</param>
/// <param name="Decisions">All decisions.</param>
/// <param name="Samples">Samples.</param>
public sealed record ShardEvaluation(long CompletedSteps, int Shard, double LossSum, long Correct, long Decisions, int Samples);

/// <summary>A member has done all steps of a lease.</summary>
/// <param name="WorkerId">The member; empty for the coordinator's own slice.</param>
/// <param name="Generation">The generation.</param>
/// <param name="CompletedSteps">Steps of the job done.</param>
/// <param name="ParametersSha256">Hash of its parameters where the lease asked for a snapshot; all members must agree.</param>
public sealed record LeaseCompleted(string WorkerId, int Generation, long CompletedSteps, string? ParametersSha256) : IGenerationMessage;

/// <summary>What kind of failure a worker reports.</summary>
public enum FaultKind
{
    /// <summary>What the user gave cannot be used: ends the job with exit code 2.</summary>
    BadInput,

    /// <summary>The task or the numbers failed, and would again: ends the job with exit code 1.</summary>
    Task,

    /// <summary>The exchange ended under the worker: somebody else is the cause.</summary>
    ExchangeLost,
}

/// <summary>A worker cannot go on.</summary>
/// <param name="WorkerId">The worker.</param>
/// <param name="Generation">Its generation; 0 before the first.</param>
/// <param name="Kind">What follows from it.</param>
/// <param name="Message">One line.</param>
public sealed record WorkerFault(string WorkerId, int Generation, FaultKind Kind, string Message) : IGenerationMessage;
