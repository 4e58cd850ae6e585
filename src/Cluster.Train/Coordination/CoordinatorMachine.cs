using Cluster.Train.Protocol;

namespace Cluster.Train.Coordination;

/// <summary>
/// Decides for a job: gathers its workers, forms rosters, gives out leases, puts the reports together, returns to a snapshot
/// when a member is lost, has checkpoints written, and ends the job with an outcome or a reason. It has no clock, no thread
/// and no connection: events go in, effects come out, and the same events, over the same <see cref="IOwnState"/>, give the same effects.
/// </summary>
internal sealed partial class CoordinatorMachine
{
    private readonly CoordinatorSettings _settings;
    private readonly IOwnState _own;
    private readonly Func<string> _newSecret;
    private readonly string _jobHash;
    private readonly Waits _waits;

    /// <summary>The wait for the next report, which each report begins anew.</summary>
    private readonly Effect.StartWait _nextReport;

    private readonly WorkerDirectory _workers = new();
    private readonly MeetingBook _meetings = new();
    private readonly CheckpointBook _checkpoints = new();
    private readonly GenerationCount _generations = new();
    private readonly NoticeBook _notices = new();

    /// <summary>Workers whose replica was found to differ from the others': they are to make it anew.</summary>
    private readonly HashSet<string> _distrusted = [];

    /// <summary>What this event leads to, and what the one before did: two lists in turn, so that a message costs none.</summary>
    private List<Effect> _effects = [], _before = [];

    private TimeSpan _now;

    /// <summary>The job from its first generation on; null before.</summary>
    private JobBook? _job;

    /// <summary>What a successor should find, to go out with the next lease; null for nothing new.</summary>
    private JobMemo? _memo;

    /// <summary>The newest checkpoint of this job that the run was not told to go on from; null for none.</summary>
    private CheckpointStart? _foreign;

    /// <summary>Why the last generation that did not end in good order ended; empty for none.</summary>
    private string _lossReason = "";

    private bool _opened;
    private bool _stopping;

    /// <summary>Begins.</summary>
    /// <param name="settings">The job and its limits.</param>
    /// <param name="own">What the coordinator's process has.</param>
    /// <param name="newSecret">Makes the secret of a generation: what its members authenticate each other with.</param>
    /// <param name="now">The time.</param>
    internal CoordinatorMachine(CoordinatorSettings settings, IOwnState own, Func<string> newSecret, TimeSpan now)
    {
        (_settings, _own, _newSecret, _now) = (settings, own, newSecret, now);
        _jobHash = settings.Definition.Hash();
        _waits = new Waits(now);
        _nextReport = new Effect.StartWait(Wait.Phase, settings.StepTimeout + CauseGrace);
        Phase = new Examining(now);
    }

    /// <summary>What it does.</summary>
    internal Phase Phase { get; private set; }

    /// <summary>Messages that came too late to mean anything.</summary>
    internal long Stale { get; private set; }

    /// <summary>The waits that run.</summary>
    internal IEnumerable<Wait> Waiting => _waits.Running;

    private GenerationBook? Generation => Phase.Current;

    /// <summary>Answers an event.</summary>
    /// <param name="happened">The event.</param>
    /// <param name="now">The time; never before that of the event before.</param>
    /// <returns>What is to be done, in this order; valid until the next call.</returns>
    internal List<Effect> Next(CoordinatorEvent happened, TimeSpan now)
    {
        _now = now;
        (_effects, _before) = (_before, _effects);
        _effects.Clear();
        if (Phase is not Over)
        {
            Answer(happened);
        }

        return _effects;
    }

    private void Answer(CoordinatorEvent happened)
    {
        switch (happened)
        {
            case CoordinatorEvent.Heard heard:
                Hear(heard.From, heard.Message);
                break;
            case CoordinatorEvent.Ticked:
                _waits.Tick(_now);
                TryAgain();
                break;
            case CoordinatorEvent.WaitOver over:
                TimerEnded(over.Wait);
                break;
            case CoordinatorEvent.Gone gone when _workers.Address(gone.WorkerId) == gone.Worker && gone.Worker != ActorAddress.Nobody:
                // A worker whose actor system was restarted has another address now: the old one's end means nothing.
                Lose(gone.WorkerId, $"{_workers.Name(gone.WorkerId)} ended unexpectedly");
                break;
            case CoordinatorEvent.PeerLost lost when lost.Generation == Generation?.Roster.Generation:
                PeerLost(lost);
                break;
            case CoordinatorEvent.Started:
                Do(new Effect.Examine(_settings.Succeeds));
                break;
            case CoordinatorEvent.Examined examined when Phase is Examining:
                Begin(examined.Start);
                break;
            case CoordinatorEvent.StateOpened when Phase is Opening:
                StateOpened();
                break;
            case CoordinatorEvent.OwnSliceReady ready when Phase is Preparing preparing && ready.Generation == _generations.Last:
                TakePlace(preparing, workerId: "");
                break;
            case CoordinatorEvent.StateCollected collected:
                StopCollecting(collected.Step);
                break;
            case CoordinatorEvent.CheckpointSaved saved:
                Saved(saved);
                break;
            case CoordinatorEvent.CheckpointFailed failed:
                NotSaved(failed);
                break;
            case CoordinatorEvent.ServiceFailed failed:
                Fail(failed.Error);
                break;
            case CoordinatorEvent.StopAsked:
                Stop();
                break;
            case CoordinatorEvent.Abandoned:
                Do(new Effect.Fail(TrainingFaultException.CoordinatorStopped()));
                Do(new Effect.UnwatchPeers());
                Do(new Effect.AbortOwnSlice(_generations.Last, "the coordinator stops"));
                Phase = new Over(_now);
                break;
        }
    }

    /// <summary>A message means something in this phase, or in all, or nothing any more.</summary>
    private void Hear(ActorAddress from, IWireMessage message)
    {
        _workers.Heard(from, _now);
        if (message is StatusRequest)
        {
            Do(new Effect.Tell(from, Status()));
            return;
        }

        var heard = Phase switch
        {
            Preparing preparing => HearPreparing(preparing, message),
            Running running => HearRunning(running, message),
            AwaitingCause => message is WorkerFault { Kind: FaultKind.ExchangeLost or FaultKind.Unreached },
            Recovering recovering => HearRecovering(recovering, message),
            // Nothing that a worker says changes how the job ends.
            Ending => true,
            Done done => HearDone(done, from, message),
            _ => false,
        };
        if (!heard && !HearAlways(from, message))
        {
            Drop(from, message);
        }
    }

    /// <summary>Messages that mean the same in every phase in which the job goes on.</summary>
    private bool HearAlways(ActorAddress from, IWireMessage message)
    {
        switch (message)
        {
            case WorkerPresent present:
                Present(from, present);
                return true;
            case WorkerHello hello:
                Greet(from, hello);
                return true;
            case JoinRequest request:
                Join(from, request);
                return true;
            case MoreTensors more:
                Follow(_workers.Desk.Take(more.WorkerId, more.Tensors));
                return true;
            case LeaveRequest leave:
                Leave(leave.WorkerId);
                return true;
            case WorkerFault fault:
                Fault(from, fault);
                return true;
            case WorkerNotice notice:
                if (_notices.IsNew(notice.Text))
                {
                    Notice(notice.Text);
                }

                return true;
            default:
                return false;
        }
    }

    /// <summary>Drops a message of a generation that is over, or of somebody who is no member any more.</summary>
    private void Drop(ActorAddress from, IWireMessage message)
    {
        Stale++;
        if (message is IGenerationMessage && from != ActorAddress.Nobody && !_workers.Addresses.Contains(from))
        {
            TellThatItIsOut(from);
        }
    }

    private bool IsCurrent(IGenerationMessage message) => message.Generation == Generation?.Roster.Generation;

    private void Notice(string text) => Do(new Effect.Notice(text));

    private void Tell(string workerId, IWireMessage message) => Tell(_workers.Address(workerId), message);

    private void Tell(ActorAddress to, IWireMessage message)
    {
        if (to != ActorAddress.Nobody)
        {
            Do(new Effect.Tell(to, message));
        }
    }

    private void Do(Effect effect) => _effects.Add(effect);
}
