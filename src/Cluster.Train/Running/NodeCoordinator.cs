using System.Diagnostics;
using Akka.Actor;
using Cluster.Train.Actors;
using Cluster.Train.Coordination;
using Cluster.Train.Machine;
using Cluster.Train.Members;

namespace Cluster.Train.Running;

/// <summary>
/// What a node of a cluster has of the coordinator: its process's network and snapshots, and, while this node carries it, the
/// coordinator's services.
/// </summary>
internal sealed class NodeCoordinator : IAsyncDisposable
{
    private readonly TrainingOptions _job;
    private readonly CoordinatorSettings _settings;
    private readonly IJobObserver _observer;
    private readonly ITensorNetwork _network;
    private readonly ProcessContext _process;
    private CoordinatorServices? _services;
    private bool _begun;

    private NodeCoordinator(TrainingOptions job, CoordinatorSettings settings, IJobObserver observer, ITensorNetwork network)
    {
        (_job, _settings, _observer, _network) = (job, settings, observer, network);
        _process = RunParts.Process(job, network);
    }

    /// <summary>Asks a coordinator to end its job at the next step boundary.</summary>
    internal static object StopJob => CoordinatorActor.StopJob;

    /// <summary>Opens what belongs to the process.</summary>
    /// <param name="job">The job, and the number of workers it begins with.</param>
    /// <param name="minWorkers">With how many workers it can go on.</param>
    /// <param name="maxWorkers">How many are members at most.</param>
    /// <param name="snapshotEvery">A snapshot every so many steps; null: as often as costs little.</param>
    /// <param name="openNetwork">Opens what carries its tensors, which is disposed of with this.</param>
    /// <param name="observer">Is told how the job goes while this node carries it.</param>
    /// <exception cref="BadInputException">The process cannot have the threads that a node takes, or the network cannot be opened.</exception>
    internal static NodeCoordinator Open(
        TrainingOptions job, int minWorkers, int maxWorkers, long? snapshotEvery, Func<ITensorNetwork> openNetwork, IJobObserver observer)
    {
        ThreadBudget.CheckNode(Process.GetCurrentProcess().Threads.Count, ProcessLimits.Threads());
        var settings = RunParts.Settings(job) with
        {
            Build = BuildVersion.Of(job.Task),
            MinWorkers = minWorkers,
            MaxWorkers = maxWorkers,
            SnapshotEvery = snapshotEvery,
        };
        return new NodeCoordinator(job, settings, observer, openNetwork());
    }

    /// <summary>Makes the coordinator's actor, once this node is the one to carry it.</summary>
    /// <param name="succeeds">Whether another node did so before.</param>
    /// <param name="completion">Receives the outcome, or the exception that ended the job.</param>
    internal Props Begin(bool succeeds, TaskCompletionSource<JobOutcome> completion)
    {
        succeeds |= _begun;
        _begun = true;
        _services = RunParts.Services(_job, _process, _observer, RunParts.Store(_job), _job.Resume);
        return CoordinatorActor.Props(_settings with { Succeeds = succeeds }, _services, completion);
    }

    /// <summary>One that the others have gone on without gives back what it held: checkpoint directory and journal are its successor's.</summary>
    internal async Task RetireAsync()
    {
        if (Interlocked.Exchange(ref _services, null) is { } former)
        {
            await former.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await RetireAsync().ConfigureAwait(false);
        _network.Dispose();
    }
}
