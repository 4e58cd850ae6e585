using System.Diagnostics;
using Akka.Actor;
using Cluster.Train.Actors;
using Cluster.Train.Coordination;
using Cluster.Train.Machine;
using Cluster.Train.Members;
using Cluster.Train.Telemetry;
using Cluster.Train.Training;

namespace Cluster.Train.Running;

/// <summary>
/// What a node of a cluster has of its worker, whatever becomes of actors and actor systems: its network, its replica, and the
/// snapshots, which live as long as the job does.
/// </summary>
internal sealed class NodeWorker : IAsyncDisposable
{
    private readonly IReadOnlyList<ITrainingTask> _tasks;
    private readonly string? _dataDirectory;
    private readonly TimeSpan _stepTimeout;
    private readonly string? _initPath;
    private readonly IStepSpans? _spans;
    private readonly ITensorNetwork _network;
    private readonly WorkerIdentity _identity;
    private readonly ReplicaRuntime _runtime;
    private ProcessContext? _process;

    private NodeWorker(
        string name, IReadOnlyList<ITrainingTask> tasks, string? dataDirectory, string device, TimeSpan stepTimeout, string? initPath, IStepSpans? spans,
        ITensorNetwork network)
    {
        (_tasks, _dataDirectory, _stepTimeout, _initPath, _spans, _network) = (tasks, dataDirectory, stepTimeout, initPath, spans, network);
        (_identity, _runtime) = RunParts.Worker(name, tasks, ContextOf, device);
    }

    /// <summary>Asks a worker to leave in good order.</summary>
    internal static object Leave => WorkerActor.Leave;

    /// <summary>Opens what belongs to the process.</summary>
    /// <param name="name">Its name in messages.</param>
    /// <param name="tasks">The tasks it has.</param>
    /// <param name="dataDirectory">What <c>--data</c> names; null where it was not given.</param>
    /// <param name="device">cpu, cuda or cuda:N.</param>
    /// <param name="stepTimeout">How long it waits for the others in a step.</param>
    /// <param name="initPath">Where this process has the file of the job's weights; null where the job says it.</param>
    /// <param name="spans">Takes the phases of its steps, for a trace; null for nobody.</param>
    /// <param name="openNetwork">Opens what carries its tensors, which is disposed of with this.</param>
    /// <exception cref="BadInputException">The process cannot have the threads that a node takes, or the network cannot be opened.</exception>
    internal static NodeWorker Open(
        string name, IReadOnlyList<ITrainingTask> tasks, string? dataDirectory, string device, TimeSpan stepTimeout, string? initPath, IStepSpans? spans,
        Func<ITensorNetwork> openNetwork)
    {
        ThreadBudget.CheckNode(Process.GetCurrentProcess().Threads.Count, ProcessLimits.Threads());
        return new NodeWorker(name, tasks, dataDirectory, device, stepTimeout, initPath, spans, openNetwork());
    }

    /// <summary>Makes the worker's actor.</summary>
    /// <param name="coordinators">Reaches the coordinator, whichever node has it.</param>
    /// <param name="patience">How long it looks for one.</param>
    /// <param name="completion">Receives how it ended.</param>
    internal Props Begin(IActorRef coordinators, TimeSpan patience, TaskCompletionSource<WorkerOutcome> completion) =>
        WorkerActor.Props(_identity, coordinators, _runtime, patience, completion);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _runtime.DisposeAsync().ConfigureAwait(false);
        _network.Dispose();
    }

    private ProcessContext ContextOf(JobDefinition offered)
    {
        var task = _tasks.First(task => task.Name == offered.Task);
        var definition = offered with { Settings = offered.Settings.Under(task.Options) };
        return _process?.Definition.Hash() == definition.Hash()
            ? _process
            : _process = new(task, definition, _dataDirectory, _stepTimeout, _network) { Build = BuildVersion.Of(task), InitPath = _initPath, Spans = _spans };
    }
}
