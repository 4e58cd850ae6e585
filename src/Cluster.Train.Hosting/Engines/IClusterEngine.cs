using Cluster.Train.Nodes;
using Cluster.Train.Protocol;

namespace Cluster.Train.Hosting.Engines;

/// <summary>What the verbs ask of a cluster, so that the command line can be tested without one.</summary>
internal interface IClusterEngine
{
    /// <inheritdoc cref="ClusterNode.RunCoordinatorAsync"/>
    Task<NodeEnd> CoordinateAsync(CoordinatorOptions options, IJobObserver observer, CancellationToken stop);

    /// <inheritdoc cref="ClusterNode.RunWorkerAsync"/>
    Task<NodeEnd> WorkAsync(WorkerOptions options, Action<string> say, CancellationToken stop);

    /// <inheritdoc cref="ClusterNode.StayAsync"/>
    Task StayAsync(CoordinatorOptions options, JobOutcome? outcome, Action<string> say, CancellationToken stop);

    /// <inheritdoc cref="ClusterNode.AskStatusAsync"/>
    Task<StatusReport> AskStatusAsync(IReadOnlyList<HostPort> nodes, TlsIdentity? tls, TimeSpan patience);

    /// <inheritdoc cref="ClusterNode.WatchStatusAsync"/>
    async Task WatchStatusAsync(IReadOnlyList<HostPort> nodes, TlsIdentity? tls, TimeSpan patience, Func<StatusReport, Task<bool>> again)
    {
        while (await again(await AskStatusAsync(nodes, tls, patience)))
        {
            // Asked again.
        }
    }
}
