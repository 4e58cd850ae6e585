using Akka.Actor;
using Cluster.Train.Faults;

namespace Cluster.Train.Tests.Scenarios;

/// <summary>
/// The control connection between a worker's actor and a coordinator: in order, and at most once, as Akka's remoting is.
/// Each side sees a stand-in of the other, which ends when the other does or is given up.
/// </summary>
internal sealed class ControlLink
{
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(1);

    private readonly SimulatedCluster _cluster;
    private readonly SimulatedProcess _worker;
    private readonly SimulatedProcess _coordinator;
    private readonly IActorRef _workerActor;
    private readonly IActorRef _coordinatorActor;
    private TimeSpan _stalledToWorker;
    private TimeSpan _stalledToCoordinator;
    private bool _closed;

    internal ControlLink(
        SimulatedCluster cluster, SimulatedProcess worker, IActorRef workerActor, SimulatedProcess coordinator, IActorRef coordinatorActor)
    {
        (_cluster, _worker, _workerActor, _coordinator, _coordinatorActor) = (cluster, worker, workerActor, coordinator, coordinatorActor);
        WorkerFace = cluster.Stage.Start(StandIn.Props(workerActor, ToWorker, () => WorkerEnded(Latency)));
        CoordinatorFace = cluster.Stage.Start(StandIn.Props(coordinatorActor, ToCoordinator, () => CoordinatorEnded(Latency)));
    }

    /// <summary>The worker, as the coordinator sees it.</summary>
    internal IActorRef WorkerFace { get; }

    /// <summary>The coordinator, as the worker sees it.</summary>
    internal IActorRef CoordinatorFace { get; }

    internal bool IsBetween(IActorRef workerActor, IActorRef coordinatorActor) =>
        !_closed && _workerActor.Equals(workerActor) && _coordinatorActor.Equals(coordinatorActor);

    internal bool Concerns(SimulatedProcess process) => process == _worker || process == _coordinator;

    /// <summary>The coordinator learns that the worker is gone.</summary>
    internal void WorkerEnded(TimeSpan after) => _coordinator.After(after, () =>
    {
        _closed = true;
        _cluster.Stage.Stop(WorkerFace);
    });

    /// <summary>The worker learns that the coordinator is gone.</summary>
    internal void CoordinatorEnded(TimeSpan after) => _worker.After(after, () =>
    {
        _closed = true;
        _cluster.Stage.Stop(CoordinatorFace);
    });

    private void ToCoordinator(object message) => Send(
        message, _worker, _coordinator, () => _coordinatorActor.Tell(message, WorkerFace), ref _stalledToCoordinator, MessagePhases.Of(message));

    private void ToWorker(object message) => Send(
        message, _coordinator, _worker, () => _workerActor.Tell(message, CoordinatorFace), ref _stalledToWorker, MessagePhases.Of(message));

    private void Send(
        object message, SimulatedProcess from, SimulatedProcess to, Action deliver, ref TimeSpan stalled,
        MessagePhases phases)
    {
        if (!from.Alive)
        {
            return;
        }

        var times = 1;
        var step = MessagePhases.StepOf(message) ?? _worker.Step;
        _worker.Step = Math.Max(_worker.Step, step);
        foreach (var (process, phase) in new[] { (_worker, phases.OfWorker), (_coordinator, phases.OfCoordinator) })
        {
            if (phase is { } place && _cluster.Faults.Take(process.Name, place, step) is { } fault)
            {
                process.Strike(fault);
                times = fault.Action == FaultAction.Drop ? 0 : fault.Action == FaultAction.Duplicate ? 2 : times;
                if (fault.Action == FaultAction.Delay)
                {
                    stalled = _cluster.Clock.MonotonicClock + fault.Duration;
                }
            }
        }

        var delay = stalled - _cluster.Clock.MonotonicClock;
        for (var time = 0; time < times; time++)
        {
            from.Do(() => _cluster.Clock.After(delay > Latency ? delay : Latency, () =>
            {
                if (from.Reaches(to) && !_closed)
                {
                    to.Do(deliver);
                }
            }));
            if (_cluster.Echoes)
            {
                _cluster.Clock.After(delay + Latency + _cluster.Random(TimeSpan.FromSeconds(2)), () =>
                {
                    if (from.Reaches(to) && !_closed)
                    {
                        to.Do(deliver);
                    }
                });
            }
        }
    }

    /// <summary>One side, as the other sees it: what it is told goes over the link; it watches whom it stands for.</summary>
    private sealed class StandIn : ReceiveActor
    {
        public StandIn(IActorRef original, Action<object> send, Action ended)
        {
            Context.Watch(original);
            Receive<Terminated>(_ => ended());
            ReceiveAny(send);
        }

        internal static Props Props(IActorRef original, Action<object> send, Action ended) =>
            Akka.Actor.Props.Create(() => new StandIn(original, send, ended));
    }
}
