using System.Diagnostics;
using Cluster.Train.Actors;
using Cluster.Train.Coordination;
using Cluster.Train.Hosting.Nodes;
using Cluster.Train.Machine;
using Cluster.Train.Members;
using Cluster.Train.Protocol;
using Cluster.Train.Running;
using Cluster.Train.Training;

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
        ThreadBudget.CheckNode(Process.GetCurrentProcess().Threads.Count, ProcessLimits.Threads());
        var job = run.Job;
        using var network = openNetwork(run.Node);
        var process = RunParts.Process(job, network);
        CoordinatorServices? services = null;
        var coordinated = false;
        var node = new CoordinatorNode(
            run.Node,
            (_, succeeds, completion) =>
            {
                succeeds |= coordinated;
                coordinated = true;
                services = RunParts.Services(job, process, observer, RunParts.Store(job), job.Resume);
                return CoordinatorActor.Props(Settings(run) with { Succeeds = succeeds }, services, completion);
            },
            CoordinatorActor.StopJob,
            RetireAsync,
            observer.OnNotice);
        try
        {
            return await node.RunAsync(stop);
        }
        finally
        {
            await RetireAsync();
        }

        // One that the others have gone on without gives back what it held: checkpoint directory and journal are its successor's.
        async Task RetireAsync()
        {
            if (Interlocked.Exchange(ref services, null) is { } former) await former.DisposeAsync();
        }
    }

    /// <inheritdoc/>
    public async Task<WorkerEnd> WorkAsync(WorkerRun run, Action<string> say, CancellationToken stop)
    {
        ThreadBudget.CheckNode(Process.GetCurrentProcess().Threads.Count, ProcessLimits.Threads());
        using var network = openNetwork(run.Node);
        ProcessContext? current = null;
        var (identity, runtime) = RunParts.Worker(run.Name, run.Tasks, ContextOf, run.Device);
        await using var ending = runtime;
        return await new WorkerNode(
            run.Node,
            (node, outcome) => WorkerActor.Props(identity, node.Coordinator, runtime, run.Node.JoinTimeout, outcome),
            WorkerActor.Leave,
            say).RunAsync(stop);

        // Snapshots live as long as the job does, whatever becomes of actors and actor systems.
        ProcessContext ContextOf(JobDefinition definition) => current?.Definition.Hash() == definition.Hash()
            ? current
            : current = Open(run.Tasks.First(task => task.Name == definition.Task), definition);

        ProcessContext Open(ITrainingTask task, JobDefinition definition) =>
            new(task, definition, run.DataDirectory, run.StepTimeout, network) { Build = BuildVersion.Of(task) };
    }

    /// <inheritdoc/>
    public Task<StatusReport> AskStatusAsync(IReadOnlyList<HostPort> nodes, TlsIdentity? tls, TimeSpan patience) => StatusClient.AskAsync(nodes, tls, patience);

    private static CoordinatorSettings Settings(CoordinatorRun run) => RunParts.Settings(run.Job) with
    {
        Build = BuildVersion.Of(run.Job.Task),
        MinWorkers = run.MinWorkers,
        MaxWorkers = run.MaxWorkers,
        SnapshotEvery = run.SnapshotEvery,
    };
}
