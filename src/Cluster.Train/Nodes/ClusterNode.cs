using Akka.Actor;
using Cluster.Train.Members;
using Cluster.Train.Protocol;
using Cluster.Train.Running;

namespace Cluster.Train.Nodes;

/// <summary>
/// Makes this process a node of a cluster: coordinator and workers in processes, or on machines, of their own. The command
/// line's <c>coordinator</c>, <c>worker</c>, <c>status</c> and <c>health</c> are made of it.
/// </summary>
/// <example>
/// <code>
/// // One process; further coordinators with the same seeds stand by.
/// var here = HostPort.Parse("127.0.0.1:4053");
/// await ClusterNode.RunCoordinatorAsync(
///     new CoordinatorOptions(new NodeOptions { Listen = here, Seeds = [here] }, TrainingOptions.For(new SpiralTask(), workers: 2)), observer, stop);
///
/// // Each of the others.
/// var node = new NodeOptions { Listen = HostPort.Parse("127.0.0.1:0"), Seeds = [here] };
/// await ClusterNode.RunWorkerAsync(new WorkerOptions(node, [new SpiralTask()]), Console.WriteLine, stop);
/// </code>
/// </example>
public static class ClusterNode
{
    /// <summary>Is a coordinator node until the job has ended, here or on another node.</summary>
    /// <param name="options">The node and its job.</param>
    /// <param name="observer">Is told how the job goes while this node carries the coordinator, and what the node does.</param>
    /// <param name="stop">
    /// Ends the job at the next step boundary if this node carries it, or hands it over (<see cref="CoordinatorOptions.HandOver"/>); otherwise
    /// only the node leaves.
    /// </param>
    /// <exception cref="BadInputException">The node cannot listen, or the job cannot be run as it is.</exception>
    /// <exception cref="TrainingFaultException">No cluster, or the job could not go on.</exception>
    /// <exception cref="OperationCanceledException">It was stopped before the first step, or before it had taken the job over; the message says which.</exception>
    public static Task<NodeEnd> RunCoordinatorAsync(CoordinatorOptions options, IJobObserver observer, CancellationToken stop) =>
        CoordinateAsync(options, NodeNetwork.Open, observer, stop);

    /// <summary>Is a worker node until the job has ended, or it is stopped.</summary>
    /// <param name="options">The node and what it can compute.</param>
    /// <param name="say">Is told what the node does, a line at a time.</param>
    /// <param name="stop">Leaves in good order.</param>
    /// <exception cref="BadInputException">The node cannot listen, or the coordinator refuses it.</exception>
    /// <exception cref="TrainingFaultException">No cluster, or no coordinator in it.</exception>
    public static Task<NodeEnd> RunWorkerAsync(WorkerOptions options, Action<string> say, CancellationToken stop) =>
        WorkAsync(options, NodeNetwork.Open, say, stop);

    /// <summary>Stays where a job's coordinator was once the job is done: nodes that come later are told so, and end like those that were there.</summary>
    /// <param name="options">The node that carried the coordinator, or stood by, and its job.</param>
    /// <param name="outcome">How the job ended, for whoever asks; null where another node carried it.</param>
    /// <param name="say">Is told, in a line for each machine that nodes came from, at most a few.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="BadInputException">The node cannot listen.</exception>
    public static Task StayAsync(CoordinatorOptions options, JobOutcome? outcome, Action<string> say, CancellationToken stop)
    {
        var node = options.Node with { Role = NodeRole.Coordinator };
        node.EnsureClosed();
        return new StayingNode(node, StayingNode.ReportOf(options.Job.Definition, outcome), say).RunAsync(stop);
    }

    /// <summary>Asks a cluster how its job stands, without becoming a member: the first of these nodes that answers.</summary>
    /// <param name="nodes">Nodes of the cluster, as they are advertised; one is enough.</param>
    /// <param name="tls">Certificates; null where the cluster has none.</param>
    /// <param name="patience">How long in all.</param>
    /// <exception cref="BadInputException">None of the names resolves, or only one side speaks TLS.</exception>
    /// <exception cref="TrainingFaultException">Nobody answered.</exception>
    public static Task<StatusReport> AskStatusAsync(IReadOnlyList<HostPort> nodes, TlsIdentity? tls, TimeSpan patience) =>
        StatusClient.AskAsync(nodes, tls, patience);

    /// <summary>The same again and again over one connection, as long as whoever is given the answers says so.</summary>
    /// <param name="nodes">Nodes of the cluster, as they are advertised; one is enough.</param>
    /// <param name="tls">Certificates; null where the cluster has none.</param>
    /// <param name="patience">How long for each answer.</param>
    /// <param name="again">Is given an answer; false is enough.</param>
    /// <exception cref="BadInputException">None of the names resolves, or only one side speaks TLS.</exception>
    /// <exception cref="TrainingFaultException">Nobody answered, or the node that did answers no more.</exception>
    public static Task WatchStatusAsync(IReadOnlyList<HostPort> nodes, TlsIdentity? tls, TimeSpan patience, Func<StatusReport, Task<bool>> again) =>
        StatusClient.AskAsync(nodes, tls, patience, again);

    /// <summary>Whether a node of this machine lives, by the file that it was given (<see cref="NodeOptions.HealthFile"/>).</summary>
    /// <param name="file">The file; one that is not there is no sign of life.</param>
    /// <returns>Whether it lives, and what is known of it in a line.</returns>
    public static (bool IsWell, string Line) ReadHealth(string file)
    {
        string? content = null;
        try
        {
            content = File.ReadAllText(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The node has not written it yet, or has been started without it: no sign of life.
        }

        return Health.Judge(content, DateTimeOffset.UtcNow);
    }

    /// <summary>The same, with another network for the tensors. It belongs to the process: a node that joins again keeps it.</summary>
    /// <param name="options">The node and its job.</param>
    /// <param name="openNetwork">Opens the network.</param>
    /// <param name="observer">Is told how the job goes.</param>
    /// <param name="stop">Ends the job.</param>
    /// <param name="reached">Is told where the node is reached, once it carries the coordinator; null for nobody.</param>
    internal static async Task<NodeEnd> CoordinateAsync(
        CoordinatorOptions options, Func<NodeOptions, ITensorNetwork> openNetwork, IJobObserver observer, CancellationToken stop, Action<HostPort>? reached = null)
    {
        var node = options.Node with { Role = NodeRole.Coordinator };
        node.EnsureClosed();
        await using var coordinator = NodeCoordinator.Open(
            options.Job, options.MinWorkers, options.MaxWorkers, options.SnapshotEvery, () => openNetwork(node), observer);
        try
        {
            return await new CoordinatorNode(node, Begin, NodeCoordinator.StopJob, coordinator.RetireAsync, observer.OnNotice, options.HandOver ? CoordinatorNode.HandOverPause : null)
                .RunAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException stopped) when (stopped.CancellationToken.CanBeCanceled)
        {
            // A wait of the node's own was ended, before it had a job that could say what becomes of it.
            throw new OperationCanceledException("stopped before the first step", stopped, stop);
        }

        Props Begin(NodeSystem system, bool succeeds, TaskCompletionSource<JobOutcome> completion)
        {
            reached?.Invoke(system.Address);
            return coordinator.Begin(succeeds, completion);
        }
    }

    /// <summary>The same, with another network for the tensors; the snapshots that peers fetch through it stay as long.</summary>
    internal static async Task<NodeEnd> WorkAsync(
        WorkerOptions options, Func<NodeOptions, ITensorNetwork> openNetwork, Action<string> say, CancellationToken stop)
    {
        var node = options.Node with { Role = NodeRole.Worker };
        node.EnsureClosed();
        await using var worker = NodeWorker.Open(
            options.Name, options.Tasks, options.DataDirectory, options.Device, options.StepTimeout, options.InitPath, options.Spans, () => openNetwork(node));
        return await new WorkerNode(
            node, (system, outcome) => worker.Begin(system.Coordinator, node.JoinTimeout, outcome), NodeWorker.Leave, say).RunAsync(stop).ConfigureAwait(false);
    }
}
