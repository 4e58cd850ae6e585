using System.Diagnostics;
using Cluster.Train.Actors;
using Cluster.Train.Checkpoints;
using Cluster.Train.Coordination;
using Cluster.Train.Hosting.Nodes;
using Cluster.Train.Journal;
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
        var process = new ProcessContext(job.Task, job.Definition, job.DataDirectory, job.StepTimeout, network);
        CoordinatorServices? services = null;
        var coordinated = false;
        var node = new CoordinatorNode(
            run.Node,
            (_, succeeds, completion) =>
            {
                succeeds |= coordinated;
                coordinated = true;
                var store = job.CheckpointDirectory is { } directory ? new CheckpointStore(directory, job.Keep) : null;
                services = new CoordinatorServices(process, observer, store, job.Resume)
                {
                    Journal = job.Journal is { } path ? new StepJournal(path) : null,
                };
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
        var identity = new WorkerIdentity(
            Guid.NewGuid().ToString("N"), run.Name, Environment.MachineName, BuildVersion.Library, [.. run.Tasks.Select(task => task.Name)]);
        ProcessContext? current = null;
        await using var runtime = new ReplicaRuntime(identity, ContextOf, run.Device);
        return await new WorkerNode(
            run.Node,
            (node, outcome) => WorkerActor.Props(identity, node.Coordinator, runtime, run.Node.JoinTimeout, outcome),
            WorkerActor.Leave.Instance,
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

    private static CoordinatorSettings Settings(CoordinatorRun run) => new()
    {
        Definition = run.Job.Definition,
        Build = BuildVersion.Of(run.Job.Task),
        Workers = run.Job.Workers,
        MinWorkers = run.MinWorkers,
        MaxWorkers = run.MaxWorkers,
        Topology = run.Job.Topology,
        MemberLoss = MemberLoss.IsRecovered,
        KeepsCheckpoints = run.Job.CheckpointDirectory is not null,
        CheckpointEvery = run.Job.CheckpointEvery,
        SnapshotEvery = run.SnapshotEvery,
        Hashes = run.Job.Journal is null ? null : HashPlan.Every(run.Job.JournalHashEvery),
        StepTimeout = run.Job.StepTimeout,
        JoinTimeout = run.Job.JoinTimeout,
    };
}
