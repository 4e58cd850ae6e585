using Cluster.Train.Hosting.Nodes;
using Cluster.Train.Protocol;
using Cluster.Train.Running;
using Cluster.Train.Training;

namespace Cluster.Train.Hosting.Engines;

/// <summary>What the verbs ask of a cluster, so that the command line can be tested without one.</summary>
internal interface IClusterEngine
{
    /// <summary>Is a coordinator node until the job has ended, here or on another node.</summary>
    /// <param name="run">The node and its job.</param>
    /// <param name="observer">Is told how the job goes while this node carries the coordinator, and what the node does.</param>
    /// <param name="stop">Ends the job at the next step boundary if this node carries it; otherwise only the node leaves.</param>
    /// <exception cref="BadInputException">The node cannot listen, or the job cannot be run as it is.</exception>
    /// <exception cref="TrainingFaultException">No cluster, or the job could not go on.</exception>
    /// <exception cref="OperationCanceledException">It was stopped before the first step.</exception>
    Task<CoordinatorEnd> CoordinateAsync(CoordinatorRun run, IJobObserver observer, CancellationToken stop);

    /// <summary>Is a worker node until the job has ended, or it is stopped.</summary>
    /// <param name="run">The node and what it can compute.</param>
    /// <param name="say">Is told what the node does, a line at a time.</param>
    /// <param name="stop">Leaves in good order.</param>
    /// <exception cref="BadInputException">The node cannot listen, or the coordinator refuses it.</exception>
    /// <exception cref="TrainingFaultException">No cluster, or no coordinator in it.</exception>
    Task<WorkerEnd> WorkAsync(WorkerRun run, Action<string> say, CancellationToken stop);

    /// <summary>Asks a cluster how its job stands: the first of these nodes that answers.</summary>
    /// <exception cref="BadInputException">None of the names resolves, or only one side speaks TLS.</exception>
    /// <exception cref="TrainingFaultException">Nobody answered.</exception>
    Task<StatusReport> AskStatusAsync(IReadOnlyList<HostPort> nodes, TlsIdentity? tls, TimeSpan patience);
}

/// <summary>A coordinator node and its job.</summary>
/// <param name="Node">The node.</param>
/// <param name="Job">The job, and the number of workers it begins with.</param>
/// <param name="MinWorkers">With how many workers it can go on.</param>
/// <param name="MaxWorkers">How many are members at most; further ones stand by.</param>
/// <param name="SnapshotEvery">A snapshot every so many steps; null: as often as costs little.</param>
internal sealed record CoordinatorRun(NodeOptions Node, TrainingOptions Job, int MinWorkers, int MaxWorkers, long? SnapshotEvery);

/// <summary>A worker node and what it can compute.</summary>
/// <param name="Node">The node.</param>
/// <param name="Name">Its name in messages.</param>
/// <param name="Tasks">The tasks it has.</param>
/// <param name="DataDirectory">What <c>--data</c> names; null where it was not given.</param>
/// <param name="Device">cpu, cuda or cuda:N.</param>
/// <param name="StepTimeout">How long it waits for the others in a step.</param>
internal sealed record WorkerRun(NodeOptions Node, string Name, IReadOnlyList<ITrainingTask> Tasks, string? DataDirectory, string Device, TimeSpan StepTimeout)
{
    /// <summary>Where this machine has the file of the job's weights; null where the job says it.</summary>
    public string? InitPath { get; init; }
}
