using Cluster.Train.Nodes;
using Cluster.Train.Protocol;

namespace Cluster.Train.Hosting.Engines;

/// <summary>Runs coordinator and worker nodes in this process.</summary>
internal sealed class ClusterEngine : IClusterEngine
{
    /// <inheritdoc/>
    public Task<NodeEnd> CoordinateAsync(CoordinatorOptions options, IJobObserver observer, CancellationToken stop) =>
        ClusterNode.RunCoordinatorAsync(options, observer, stop);

    /// <inheritdoc/>
    public Task<NodeEnd> WorkAsync(WorkerOptions options, Action<string> say, CancellationToken stop) => ClusterNode.RunWorkerAsync(options, say, stop);

    /// <inheritdoc/>
    public Task StayAsync(CoordinatorOptions options, JobOutcome? outcome, Action<string> say, CancellationToken stop) => ClusterNode.StayAsync(options, outcome, say, stop);

    /// <inheritdoc/>
    public Task<StatusReport> AskStatusAsync(IReadOnlyList<HostPort> nodes, TlsIdentity? tls, TimeSpan patience) =>
        ClusterNode.AskStatusAsync(nodes, tls, patience);

    /// <inheritdoc/>
    public Task WatchStatusAsync(IReadOnlyList<HostPort> nodes, TlsIdentity? tls, TimeSpan patience, Func<StatusReport, Task<bool>> again) =>
        ClusterNode.WatchStatusAsync(nodes, tls, patience, again);
}
