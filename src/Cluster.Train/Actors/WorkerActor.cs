using Akka.Actor;
using Akka.Event;
using Cluster.Train.Members;
using Cluster.Train.Protocol;
using Cluster.Train.Training;

namespace Cluster.Train.Actors;

/// <summary>
/// One worker: asks for a coordinator, makes a replica of its job, and does the leases of each generation. A coordinator
/// that is lost is looked for again; what the process holds of the job stays. It computes nothing itself: its runtime
/// does, on a thread of its own.
/// </summary>
internal sealed partial class WorkerActor : ReceiveActor, IWithTimers
{
    private const string HelloTimer = "hello";
    private const string WaitTimer = "wait";
    private const string PresentTimer = "present";
    private static readonly TimeSpan HelloInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PresentInterval = TimeSpan.FromSeconds(5);

    private readonly WorkerIdentity _identity;
    private readonly IActorRef _coordinators;
    private readonly IWorkerRuntime _runtime;
    private readonly TimeSpan _patience;
    private readonly TaskCompletionSource<WorkerOutcome> _completion;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private IActorRef _coordinator = ActorRefs.Nobody;
    private int _generation;
    private WorkerStage _stage;
    private bool _opening;
    private InitialState? _initial;
    private long _nextStep;
    private long _stale;
    private bool _leaving;

    /// <summary>Is created by <see cref="Props"/>.</summary>
    public WorkerActor(
        WorkerIdentity identity, IActorRef coordinators, IWorkerRuntime runtime, TimeSpan patience, TaskCompletionSource<WorkerOutcome> completion)
    {
        (_identity, _coordinators, _runtime, _patience, _completion) = (identity, coordinators, runtime, patience, completion);
        Become(Searching);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>A worker.</summary>
    /// <param name="identity">Who it is.</param>
    /// <param name="coordinators">Reaches the coordinator, whichever node has it.</param>
    /// <param name="runtime">What computes; stays the caller's.</param>
    /// <param name="patience">How long it looks for a coordinator.</param>
    /// <param name="completion">Receives how it ended: <see cref="BadInputException"/> where it was refused.</param>
    internal static Props Props(
        WorkerIdentity identity, IActorRef coordinators, IWorkerRuntime runtime, TimeSpan patience, TaskCompletionSource<WorkerOutcome> completion) =>
        Akka.Actor.Props.Create(() => new WorkerActor(identity, coordinators, runtime, patience, completion));

    /// <inheritdoc/>
    protected override void PreStart() => Search();

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _runtime.Abort(_generation, $"{_identity.Name} stops");
        _completion.TrySetResult(new WorkerOutcome(Completed: false, "the worker was stopped"));
        if (_stale > 0)
        {
            _log.Debug("dropped {0} stale messages", _stale);
        }
    }

    private void Search()
    {
        Become(Searching);
        Timers.StartPeriodicTimer(HelloTimer, SayHello.Instance, TimeSpan.Zero, HelloInterval);
        Timers.StartSingleTimer(WaitTimer, WaitedTooLong.Instance, _patience);
    }

    private void Searching()
    {
        Receive<SayHello>(_ => _coordinators.Tell(new WorkerHello(
            _identity.WorkerId, _identity.Name, _identity.Host, _identity.Build, _identity.Tasks, _runtime.Past)));
        Receive<JobOffer>(offer =>
        {
            Timers.Cancel(HelloTimer);
            Timers.Cancel(WaitTimer);
            Follow(Sender);
            Open(offer);
        });
        Receive<JoinRefused>(Refused);
        Receive<WaitedTooLong>(_ => End(new TrainingFaultException(
            Invariant($"waited {_patience.TotalSeconds:0} s for a coordinator, and none answered; check that one runs and that --seed-node names it"))));
        Receive<Leave>(_ => End(new WorkerOutcome(Completed: false, "left before it was a member")));
        ReceiveEnd();
    }

    private void Open(JobOffer offer)
    {
        _opening = true;
        Become(Joining);
        _runtime.OpenAsync(offer.Definition, offer.Fresh).PipeTo(
            Self, success: opened => new Opened(opened), failure: error => new OpeningFailed(error));
    }

    private void Refused(JoinRefused refused) => End(new BadInputException($"the coordinator refuses this worker: {refused.Reason}"));

    private void Joining()
    {
        Receive<Opened>(opened =>
        {
            (_opening, _stage, _initial) = (false, WorkerStage.Joining, opened.Replica.Initial);
            Timers.StartPeriodicTimer(PresentTimer, SayPresent.Instance, PresentInterval, PresentInterval);
            _coordinator.Tell(new JoinRequest(
                _identity.WorkerId, opened.Replica.Description, opened.Replica.Initial.Page(first: 0), _runtime.Held, _runtime.Memos, opened.Replica.Remark));
        });
        Receive<OpeningFailed>(failed =>
        {
            var fault = MemberFaults.Describe(_identity.WorkerId, _identity.Name, generation: 0, failed.Error);
            _coordinator.Tell(fault);
        });
        ReceiveMembership();
    }

    private void Training()
    {
        Receive<Prepared>(prepared => IfCurrent(prepared.Generation, () =>
        {
            if (_stage == WorkerStage.Preparing)
            {
                _stage = WorkerStage.Ready;
                _coordinator.Tell(new GenerationReady(_identity.WorkerId, prepared.Generation));
            }
        }));
        ReceiveFromCoordinator<StepLease>(lease => IfCurrent(lease.Generation, () =>
        {
            // One that comes twice, or after another that was lost, would part this member from the others.
            if (lease.FirstStep == _nextStep)
            {
                _nextStep = lease.End;
                _runtime.Enqueue(lease);
            }
            else
            {
                _stale++;
            }
        }));
        ReceiveMembership();
    }

    private void Follow(IActorRef coordinator)
    {
        Context.Unwatch(_coordinator);
        _coordinator = coordinator;
        Context.WatchWith(coordinator, new CoordinatorGone(coordinator));
    }

    /// <summary>Leaves the generation, keeps what the process holds, and looks for a coordinator.</summary>
    private void Lose(string reason)
    {
        _log.Warning("{0}; looking for a coordinator", reason);
        _runtime.Abort(_generation, reason);
        Context.Unwatch(_coordinator);
        _coordinator = ActorRefs.Nobody;
        Timers.Cancel(PresentTimer);
        if (_leaving)
        {
            End(new WorkerOutcome(Completed: false, $"left while {reason}"));
            return;
        }

        Search();
    }

    private void End(WorkerOutcome outcome)
    {
        _completion.TrySetResult(outcome);
        Context.Stop(Self);
    }

    private void End(Exception error)
    {
        _completion.TrySetException(error);
        Context.Stop(Self);
    }

    /// <summary>What another coordinator says, one that was replaced, means nothing to this worker.</summary>
    private void ReceiveFromCoordinator<T>(Action<T> action) => Receive<T>(message =>
    {
        if (Sender.Equals(_coordinator))
        {
            action(message);
        }
        else
        {
            _stale++;
        }
    });

    private void IfCurrent(int generation, Action action)
    {
        if (generation == _generation)
        {
            action();
        }
        else
        {
            _stale++;
        }
    }

    /// <summary>Asks the worker to leave in good order: it ends when the coordinator lets it go.</summary>
    internal sealed record Leave
    {
        internal static Leave Instance { get; } = new();
    }

    private sealed record SayHello
    {
        internal static SayHello Instance { get; } = new();
    }

    private sealed record SayPresent
    {
        internal static SayPresent Instance { get; } = new();
    }

    private sealed record WaitedTooLong
    {
        internal static WaitedTooLong Instance { get; } = new();
    }

    private sealed record CoordinatorGone(IActorRef Coordinator);

    private sealed record Opened(OpenedReplica Replica);

    private sealed record Prepared(int Generation);

    private sealed record OpeningFailed(Exception Error);

    private sealed record Failed(Exception Error, int Generation);
}
