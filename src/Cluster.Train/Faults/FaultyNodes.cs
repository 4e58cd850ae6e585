using Akka.Actor;
using Cluster.Train.Actors;
using Cluster.Train.Coordination;
using Cluster.Train.Members;
using Cluster.Train.Running;

namespace Cluster.Train.Faults;

/// <summary>Starts the coordinators and workers of a run under faults: as nodes of a cluster, in one actor system.</summary>
internal sealed class FaultyNodes(FaultyCluster cluster, TrainingOptions options, FaultyTrainingSettings settings) : IAsyncDisposable
{
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(5);

    private readonly ActorSystem _system = ActorSystems.CreateLocal(options.LogLevel, StandIn.Again);

    /// <summary>Asks a coordinator to end the job.</summary>
    internal static object StopJob => CoordinatorActor.StopJob;

    internal IActorRef Start(Props props) => _system.ActorOf(props.WithDispatcher(ActorSystems.Dispatcher));

    internal void Stop(IActorRef actor) => _system.Stop(actor);

    internal FaultyProcess StartWorker(string name)
    {
        var (process, context, network) = NewProcess(name);
        var (identity, runtime) = RunParts.Worker(name, [options.Task], _ => context, options.Device);
        process.Own(network, runtime);
        var ended = new TaskCompletionSource<WorkerOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        var gate = Start(Props.Create(() => new Gate(cluster, process)));
        process.Actor = Start(WorkerActor.Props(identity, gate, runtime, options.JoinTimeout, ended));
        return process;
    }

    /// <summary>Starts a coordinator.</summary>
    /// <param name="isSuccessor">Whether another one has begun the job: its checkpoints and its journal are this one's.</param>
    /// <param name="outcome">Completes as the coordinator's job does.</param>
    internal FaultyProcess StartCoordinator(bool isSuccessor, out Task<JobOutcome> outcome)
    {
        var (process, context, network) = NewProcess(PlannedFault.Coordinator);
        var store = isSuccessor ? RunParts.Store(options) : RunParts.OwnStore(options);
        var services = RunParts.Services(options, context, new Relay(cluster, process), store, options.Resume || isSuccessor);
        process.Own(network, services);
        var completion = new TaskCompletionSource<JobOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        process.Actor = Start(CoordinatorActor.Props(Settings(), services, completion));
        outcome = completion.Task;
        return process;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _system.Terminate().ConfigureAwait(false);

    private (FaultyProcess Process, ProcessContext Context, FaultyNetwork Network) NewProcess(string name)
    {
        var process = new FaultyProcess(cluster, name);
        var network = new FaultyNetwork(
            cluster, process, new TensorNetwork("127.0.0.1:0", "127.0.0.1", security: null, _ => { }, settings.SharesMemory));
        var context = RunParts.Process(options, network);
        return (process, context, network);
    }

    private CoordinatorSettings Settings() => RunParts.Settings(options) with
    {
        MinWorkers = settings.MinWorkers,
        SnapshotEvery = settings.SnapshotEvery,
        AnswerTimeout = options.StepTimeout < LongestAnswer ? options.StepTimeout : LongestAnswer,
    };

    /// <summary>What finds the coordinator for a worker.</summary>
    private sealed class Gate : ReceiveActor
    {
        public Gate(FaultyCluster cluster, FaultyProcess worker) => ReceiveAny(message => cluster.Route(worker, message));
    }

    /// <summary>A coordinator's observer.</summary>
    private sealed class Relay(FaultyCluster cluster, FaultyProcess coordinator) : IJobObserver
    {
        public void OnRoster(RosterFormed roster) => cluster.Tell(coordinator, observer => observer.OnRoster(roster));

        public void OnProgress(JobProgress progress) => cluster.Tell(coordinator, observer => observer.OnProgress(progress));

        public void OnEpoch(EpochResult epoch) => cluster.Tell(coordinator, observer => observer.OnEpoch(epoch));

        public void OnEvaluation(EvaluationPoint point) => cluster.Tell(coordinator, observer => observer.OnEvaluation(point));

        public void OnCheckpoint(CheckpointWritten checkpoint) => cluster.Tell(coordinator, observer => observer.OnCheckpoint(checkpoint));

        public void OnRecovery(JobRecovery recovery) => cluster.Tell(coordinator, observer => observer.OnRecovery(recovery));

        public void OnEnd(JobEnding ending) => cluster.Tell(coordinator, observer => observer.OnEnd(ending));

        public void OnNotice(string notice) => cluster.Tell(coordinator, observer => observer.OnNotice(notice));
    }
}
