using Cluster.Train.Hosting.Nodes;
using Cluster.Train.Members;
using Cluster.Train.Protocol;
using Cluster.Train.Running;

namespace Cluster.Train.Hosting.Engines;

/// <summary>Runs coordinator and worker nodes in this process.</summary>
/// <param name="openNetwork">
/// Opens what carries the tensors of a node. It belongs to the process: a node that joins again keeps it, with the
/// snapshots that its peers fetch through it.
/// </param>
internal sealed class ClusterEngine(Func<NodeOptions, ITensorNetwork> openNetwork) : IClusterEngine
{
    /// <inheritdoc/>
    public async Task<CoordinatorEnd> CoordinateAsync(CoordinatorRun run, IJobObserver observer, CancellationToken stop)
    {
        await using var coordinator = NodeCoordinator.Open(
            run.Job, run.MinWorkers, run.MaxWorkers, run.SnapshotEvery, () => openNetwork(run.Node), observer);
        return await new CoordinatorNode(
            run.Node,
            (_, succeeds, completion) => coordinator.Begin(succeeds, completion),
            NodeCoordinator.StopJob,
            coordinator.RetireAsync,
            observer.OnNotice).RunAsync(stop);
    }

    /// <inheritdoc/>
    public async Task<WorkerEnd> WorkAsync(WorkerRun run, Action<string> say, CancellationToken stop)
    {
        await using var worker = NodeWorker.Open(
            run.Name, run.Tasks, run.DataDirectory, run.Device, run.StepTimeout, run.InitPath, () => openNetwork(run.Node));
        return await new WorkerNode(
            run.Node,
            (node, outcome) => worker.Begin(node.Coordinator, run.Node.JoinTimeout, outcome),
            NodeWorker.Leave,
            say).RunAsync(stop);
    }

    /// <inheritdoc/>
    public Task<StatusReport> AskStatusAsync(IReadOnlyList<HostPort> nodes, TlsIdentity? tls, TimeSpan patience) => StatusClient.AskAsync(nodes, tls, patience);
}
