using System.Collections.Immutable;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Training;

namespace Cluster.Train.Members;

/// <summary>A replica that was made.</summary>
/// <param name="Description">What the coordinator compares.</param>
/// <param name="Initial">The model's tensors and what they start from.</param>
/// <param name="Remark">What the task says of the data; empty for nothing.</param>
internal sealed record OpenedReplica(ReplicaDescription Description, InitialState Initial, string Remark);

/// <summary>
/// A member that also computes: the replica with its compute thread. It belongs to the process and outlives the actor
/// that commands it, so that snapshots survive the loss of a coordinator and of an actor system.
/// </summary>
internal interface IWorkerRuntime : ISliceRuntime
{
    /// <summary>The last generation it was a member of; null for none.</summary>
    PastMembership? Past { get; }

    /// <summary>What coordinators left with the snapshots.</summary>
    ImmutableArray<JobMemo> Memos { get; }

    /// <summary>Opens the data and makes the replica, unless it has that of this job already.</summary>
    /// <param name="definition">The job.</param>
    /// <param name="fresh">Whether to forget the snapshots that the process holds, and its replica: it was found to differ.</param>
    Task<OpenedReplica> OpenAsync(JobDefinition definition, bool fresh);

    /// <summary>Serves the snapshots of this process to a generation in which it has no member.</summary>
    void Serve(PrepareGeneration generation);
}
