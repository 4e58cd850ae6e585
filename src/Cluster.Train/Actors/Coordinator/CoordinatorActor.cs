using Akka.Actor;
using Akka.Event;
using Cluster.Train.Protocol;
using Cluster.Train.Training;

namespace Cluster.Train.Actors.Coordinator;

/// <summary>
/// Owns a job: gathers its workers, forms rosters, gives out leases, puts the reports together, returns to a snapshot
/// when a member is lost, has checkpoints written, and ends the job with an outcome or a reason. What it decides, it
/// asks of pure code; what takes time, it has done by its services. A file for each of its states.
/// </summary>
internal sealed partial class CoordinatorActor : ReceiveActor, IWithTimers
{
    /// <summary>What the outcome's exception says where the actor was stopped from outside: the job may go on elsewhere.</summary>
    internal const string Stopped = "the coordinator was stopped before the job was done";

    private const string WaitTimer = "wait";
    private const int MostNotices = 50;

    private readonly CoordinatorSettings _settings;
    private readonly ICoordinatorServices _services;
    private readonly TaskCompletionSource<JobOutcome> _completion;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly string _job;
    private readonly WorkerDirectory _workers = new();
    private readonly HashSet<string> _notices = [];
    private JobRun? _run;
    private GenerationRun? _generation;
    private int _lastGeneration;
    private Phase _phase;
    private TimeSpan _phaseSince;
    private bool _stopping;
    private long _stale;

    /// <summary>Is created by <see cref="Props"/>.</summary>
    public CoordinatorActor(CoordinatorSettings settings, ICoordinatorServices services, TaskCompletionSource<JobOutcome> completion)
    {
        _settings = settings;
        _services = services;
        _completion = completion;
        _job = settings.Definition.Hash();
        Enter(Phase.Examining);
    }

    private enum Phase
    {
        Examining,
        Gathering,
        Opening,
        Preparing,
        Running,
        AwaitingCause,
        Recovering,
        Ending,
        Done,
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>A coordinator of one job.</summary>
    /// <param name="settings">The job and its limits.</param>
    /// <param name="services">What it has done by others; stays the caller's.</param>
    /// <param name="completion">Receives the outcome, or the exception that ended the job.</param>
    internal static Props Props(
        CoordinatorSettings settings, ICoordinatorServices services, TaskCompletionSource<JobOutcome> completion) =>
        Akka.Actor.Props.Create(() => new CoordinatorActor(settings, services, completion));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        StartTicking();
        StartExamining();
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _completion.TrySetException(new TrainingFaultException(Stopped));
        _watch?.Dispose();
        _services.OwnSlice.Abort(_lastGeneration, "the coordinator stops");
        if (_stale > 0)
        {
            _log.Debug("dropped {0} stale messages", _stale);
        }
    }

    private void Enter(Phase phase)
    {
        (_phase, _phaseSince) = (phase, Now);
        Become(phase switch
        {
            Phase.Examining => Examining,
            Phase.Gathering => Gathering,
            Phase.Opening => Opening,
            Phase.Preparing => Preparing,
            Phase.Running => Running,
            Phase.AwaitingCause => AwaitingCause,
            Phase.Recovering => Recovering,
            Phase.Done => Done,
            _ => Ending,
        });
    }

    /// <summary>Messages that mean the same in every state but the last ones.</summary>
    private void ReceiveAlways()
    {
        ReceiveTicks();
        Receive<WorkerHello>(Greet);
        Receive<JoinRequest>(Join);
        Receive<MoreTensors>(more => Follow(_workers.Desk.Take(more.WorkerId, more.Tensors)));
        Receive<StatusRequest>(_ => Sender.Tell(Status()));
        Receive<LeaveRequest>(request => Leave(request.WorkerId));
        Receive<WorkerPresent>(Present);
        Receive<WorkerGone>(gone =>
        {
            // A worker whose actor system was restarted has another actor now: the old one's end means nothing.
            if (_workers.Ref(gone.WorkerId).Equals(gone.Worker))
            {
                Lose(gone.WorkerId, $"{_workers.Name(gone.WorkerId)} ended unexpectedly");
            }
        });
        Receive<WorkerFault>(Fault);
        Receive<WorkerNotice>(notice =>
        {
            // Each worker tells it once; what differs in numbers only is the same.
            if (_notices.Count < MostNotices && _notices.Add(TaskNotices.Kind(notice.Text)))
            {
                _services.Observer.OnNotice(notice.Text);
            }
        });
        Receive<MemberLost>(lost =>
        {
            if (lost.Generation != _generation?.Roster.Generation)
            {
                return;
            }

            if (lost.Loss.NeverReached)
            {
                NotReached(from: "", lost.Loss.Rank, lost.Loss.Message);
            }
            else
            {
                LoseMember(lost.Loss.Message, lost.Loss.Rank);
            }
        });
        Receive<ServiceFailed>(failed => Fail(failed.Error));
        Receive<StopJob>(_ => Stop());
        Receive<StateCollected>(Collected);
        Receive<CheckpointSaved>(Saved);
        Receive<CheckpointFailed>(failed =>
        {
            _services.Observer.OnNotice(Invariant($"checkpoint of step {failed.Step} could not be written: {failed.Error.Message}; training goes on"));
            _checkpoints.Remove(failed.Step);
            StopCollecting(failed.Step);
        });
        ReceiveAny(Stale);
    }

    private void Greet(WorkerHello hello)
    {
        if (!hello.Tasks.Contains(_settings.Definition.Task))
        {
            var reason = $"the job's task '{_settings.Definition.Task}' is not among this worker's ({string.Join(", ", hello.Tasks)})";
            TellOfRefusal(hello.Name, reason);
            Sender.Tell(new JoinRefused(reason));
            return;
        }

        var isMember = _generation?.Roster.Find(hello.WorkerId) is not null;
        if (isMember && _phase == Phase.Running && hello.Past?.Generation != _generation!.Roster.Generation && IsKnown(hello.WorkerId))
        {
            // It has taken its place since it said so: this hello was under way for long.
            _stale++;
            return;
        }

        var before = _workers.Greet(hello, Sender);
        if (!Sender.Equals(before))
        {
            if (before is not null)
            {
                Context.Unwatch(before);
            }

            Context.WatchWith(Sender, new WorkerGone(hello.WorkerId, Sender));
        }

        Offer(hello.WorkerId);
        if (isMember)
        {
            Recover($"{hello.Name} lost its place and asks for another", suspect: null);
        }
        else if (_phase == Phase.Recovering)
        {
            Answered(hello.WorkerId);
        }
    }

    private void Fault(WorkerFault fault)
    {
        if (fault.Generation == 0)
        {
            OpeningFailed(fault);
        }
        else if (!IsCurrent(fault) || (fault.WorkerId.Length > 0 && !_workers.Knows(fault.WorkerId)))
        {
            Stale(fault);
        }
        else if (fault.Kind == FaultKind.Unreached && !_settings.InProcess)
        {
            NotReached(fault.WorkerId, fault.Suspect, fault.Message);
        }
        else if (fault.Kind is FaultKind.ExchangeLost or FaultKind.Unreached)
        {
            ExchangeLost(fault);
        }
        else
        {
            Fail(fault.Kind == FaultKind.BadInput ? new BadInputException(fault.Message) : new TrainingFaultException(fault.Message));
        }
    }

    /// <summary>A worker could not make its replica: one that fails by its task would fail everywhere, one that lacks its data is alone with it.</summary>
    private void OpeningFailed(WorkerFault fault)
    {
        if (!_workers.Knows(fault.WorkerId))
        {
            Stale(fault);
        }
        else if (fault.Kind == FaultKind.BadInput && _settings.InProcess)
        {
            Fail(new BadInputException(fault.Message));
        }
        else if (fault.Kind == FaultKind.Task && _run is null)
        {
            Fail(new TrainingFaultException(fault.Message));
        }
        else
        {
            Refuse(fault.WorkerId, fault.Message);
        }
    }

    private bool IsCurrent(IGenerationMessage message) => message.Generation == _generation?.Roster.Generation;

    /// <summary>Ends the job at the next step boundary.</summary>
    internal sealed record StopJob
    {
        internal static StopJob Instance { get; } = new();
    }

    private sealed record WaitedTooLong
    {
        internal static WaitedTooLong Instance { get; } = new();
    }

    private sealed record WorkerGone(string WorkerId, IActorRef Worker);

    private sealed record ServiceFailed(Exception Error);

    private sealed record CheckpointSaved(long Step, string? Path);

    private sealed record CheckpointFailed(long Step, Exception Error);
}
