using Cluster.Train.Membership;
using Cluster.Train.Training;

namespace Cluster.Train.Actors.Worker;

/// <summary>A member that also computes: the replica with its compute thread.</summary>
internal interface IWorkerRuntime : ISliceRuntime
{
    /// <summary>Opens the data and makes the replica.</summary>
    Task<ReplicaDescription> OpenAsync(JobDefinition definition);
}
