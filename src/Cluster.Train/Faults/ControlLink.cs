using Akka.Actor;
using Cluster.Train.Protocol;

namespace Cluster.Train.Faults;

/// <summary>
/// The control connection between a worker's actor and a coordinator: in order, and at most once, as Akka's remoting is.
/// Each side sees a face of the other. Faults strike at the messages by which a phase shows.
/// </summary>
internal sealed class ControlLink
{
    private readonly FaultyCluster _cluster;
    private readonly HashSet<long> _snapshots = [];

    internal ControlLink(FaultyCluster cluster, FaultyProcess worker, FaultyProcess coordinator, Func<Props, IActorRef> start)
    {
        (_cluster, Worker, Coordinator) = (cluster, worker, coordinator);
        WorkerFace = start(StandIn.Props(worker.Actor, coordinator, worker, FromCoordinator, message => worker.Actor.Tell(message, CoordinatorFace)));
        CoordinatorFace = start(StandIn.Props(coordinator.Actor, worker, coordinator, FromWorker, message => coordinator.Actor.Tell(message, WorkerFace)));
    }

    internal FaultyProcess Worker { get; }

    internal FaultyProcess Coordinator { get; }

    /// <summary>The worker, as the coordinator sees it.</summary>
    internal IActorRef WorkerFace { get; }

    /// <summary>The coordinator, as the worker sees it.</summary>
    internal IActorRef CoordinatorFace { get; }

    /// <summary>Each side gives the other up.</summary>
    internal void Close()
    {
        WorkerFace.Tell(StandIn.Close.Instance);
        CoordinatorFace.Tell(StandIn.Close.Instance);
    }

    private Passage FromWorker(object message) =>
        Pass(message, message is LeaseCompleted completed && !IsSnapshot(completed.CompletedSteps) ? default : MessagePhases.Of(message));

    private Passage FromCoordinator(object message)
    {
        if (message is StepLease { Snapshot: not SnapshotKind.None, End: var end })
        {
            lock (_snapshots)
            {
                _snapshots.Add(end);
            }
        }

        return Pass(message, MessagePhases.Of(message));
    }

    private bool IsSnapshot(long step)
    {
        lock (_snapshots)
        {
            return _snapshots.Contains(step);
        }
    }

    private Passage Pass(object message, MessagePhases phases)
    {
        var step = MessagePhases.StepOf(message) ?? Worker.Step;
        Worker.Sees(step);
        var passage = new Passage(1, TimeSpan.Zero);
        // A worker that is to be struck while it computes is struck there: of that phase, only the message passes here.
        Strike(Worker, phases.OfWorker, phases.OfWorker == FaultPhase.Compute ? action => !FaultyCluster.OfProcess(action) : _ => true);
        Strike(Coordinator, phases.OfCoordinator, _ => true);
        return passage;

        void Strike(FaultyProcess process, FaultPhase? phase, Predicate<FaultAction> can)
        {
            if (phase is not { } place || _cluster.Take(process, place, step, can) is not { } fault)
            {
                return;
            }

            passage = fault.Action switch
            {
                FaultAction.Drop => passage with { Times = 0 },
                FaultAction.Duplicate => passage with { Times = 2 * passage.Times },
                FaultAction.Delay => passage with { Delay = passage.Delay + fault.Duration },
                _ => passage,
            };
            process.Strike(fault);
        }
    }
}
