using System.Security.Cryptography;
using Akka.Actor;
using Akka.Event;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Training;

namespace Cluster.Train.Actors.Coordinator;

/// <summary>
/// Owns a job: gathers its workers, forms the roster, gives out leases, puts the reports together, has checkpoints
/// written, and ends the job with an outcome or a reason. What it decides, it asks of pure code; what takes time,
/// it has done by its services.
/// </summary>
internal sealed class CoordinatorActor : ReceiveActor, IWithTimers
{
    private const string WaitTimer = "wait";
    private static readonly TimeSpan CauseGrace = TimeSpan.FromSeconds(2);

    private readonly CoordinatorSettings _settings;
    private readonly ICoordinatorServices _services;
    private readonly TaskCompletionSource<JobOutcome> _completion;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly string _job;
    private readonly WorkerDirectory _workers = new();
    private readonly HashSet<string> _ready = [];
    private RunningJob? _run;
    private bool _stopping;
    private long _stale;

    /// <summary>Is created by <see cref="Props"/>.</summary>
    public CoordinatorActor(CoordinatorSettings settings, ICoordinatorServices services, TaskCompletionSource<JobOutcome> completion)
    {
        _settings = settings;
        _services = services;
        _completion = completion;
        _job = settings.Definition.Hash();
        Become(Gathering);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>A coordinator of one job.</summary>
    /// <param name="settings">The job and its limits.</param>
    /// <param name="services">What it has done by others.</param>
    /// <param name="completion">Receives the outcome, or the exception that ended the job.</param>
    internal static Props Props(
        CoordinatorSettings settings, ICoordinatorServices services, TaskCompletionSource<JobOutcome> completion) =>
        Akka.Actor.Props.Create(() => new CoordinatorActor(settings, services, completion));

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartSingleTimer(WaitTimer, WaitedTooLong.Instance, _settings.JoinTimeout);

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _completion.TrySetException(new TrainingFaultException("the coordinator was stopped before the job was done"));
        _ = _services.OwnSlice.DisposeAsync().AsTask();
        if (_stale > 0)
        {
            _log.Debug("dropped {0} stale messages", _stale);
        }
    }

    private void Gathering()
    {
        Receive<WorkerHello>(hello =>
        {
            if (!hello.Tasks.Contains(_settings.Definition.Task))
            {
                Sender.Tell(new JoinRefused($"the job's task '{_settings.Definition.Task}' is not among this worker's ({string.Join(", ", hello.Tasks)})"));
                return;
            }

            if (_workers.Greet(hello, Sender))
            {
                Context.WatchWith(Sender, new WorkerGone(hello.WorkerId));
            }

            Sender.Tell(new JobOffer(_settings.Definition));
        });
        Receive<JoinRequest>(Join);
        Receive<InitialStateLoaded>(loaded => FormGeneration(loaded.Step));
        Receive<StopJob>(_ => Fail(new OperationCanceledException("stopped before the first step")));
        Receive<WaitedTooLong>(_ => Fail(new TrainingFaultException(
            $"waited {_settings.JoinTimeout.TotalSeconds:0} s for {_settings.Workers} workers to make their replicas; {_workers.Missing(_settings.Workers)}")));
        ReceiveFaults();
    }

    private void Preparing()
    {
        Receive<GenerationReady>(ready => IfCurrent(ready, () =>
        {
            _ready.Add(ready.WorkerId);
            StartWhenReady();
        }));
        Receive<OwnSliceReady>(_ =>
        {
            _ready.Add("");
            StartWhenReady();
        });
        Receive<StopJob>(_ => _stopping = true);
        Receive<WaitedTooLong>(_ => Fail(new TrainingFaultException(
            $"waited {_settings.JoinTimeout.TotalSeconds:0} s for {_workers.Names(_run!.Roster.Members.Select(m => m.WorkerId).Except(_ready))} to take its place in generation {_run.Roster.Generation}")));
        ReceiveFaults();
    }

    private void Running()
    {
        Receive<StepReport>(report => IfCurrent(report, () => _run!.Report(report)));
        Receive<LeaseCompleted>(completed => IfCurrent(completed, () => Complete(completed)));
        Receive<StopJob>(_ =>
        {
            _stopping = true;
            GiveLeases();
        });
        Receive<CheckpointSaved>(saved => _run!.Saved(saved.Path));
        Receive<CheckpointFailed>(failed => _services.Observer.OnNotice(
            $"checkpoint of step {failed.Step} could not be written: {failed.Error.Message}; training goes on"));
        Receive<WaitedTooLong>(_ => Fail(new TrainingFaultException(
            $"step {_run!.Ledger.CompletedSteps} was not done after {_settings.StepTimeout.TotalSeconds:0} s; waiting for {_workers.Names(_run.Leases.Behind)}")));
        Receive<NoCauseFound>(lost => Fail(new TrainingFaultException(lost.Message)));
        ReceiveFaults();
    }

    private void Ending()
    {
        Receive<CheckpointSaved>(saved =>
        {
            _run!.Saved(saved.Path);
            Finish();
        });
        Receive<CheckpointFailed>(failed => Fail(new TrainingFaultException(
            $"the last step is done, but its checkpoint could not be written: {failed.Error.Message}", failed.Error)));
        Receive<StopJob>(_ => { });
        Receive<WorkerGone>(_ => { });
        Receive<WorkerFault>(_ => { });
    }

    private void ReceiveFaults()
    {
        Receive<WorkerFault>(fault =>
        {
            switch (fault.Kind)
            {
                case FaultKind.BadInput:
                    Fail(new BadInputException(fault.Message));
                    break;
                case FaultKind.Task:
                    Fail(new TrainingFaultException(fault.Message));
                    break;
                case FaultKind.ExchangeLost when fault.Generation == _run?.Roster.Generation:
                    // Whoever is the cause reports it too, unless it hangs: give it a moment, then take the waiter's word.
                    Timers.StartSingleTimer(nameof(NoCauseFound), new NoCauseFound(fault.Message), CauseGrace);
                    break;
                default:
                    _stale++;
                    break;
            }
        });
        Receive<WorkerGone>(gone => Fail(new TrainingFaultException($"{_workers.Name(gone.WorkerId)} ended unexpectedly")));
        Receive<ServiceFailed>(failed => Fail(failed.Error));
    }

    private void Join(JoinRequest request)
    {
        if (JoinCheck.Refusal(_job, _workers.Reference, request.Replica) is { } reason)
        {
            _log.Warning("{0} was refused: {1}", _workers.Name(request.WorkerId), reason);
            Sender.Tell(new JoinRefused(reason));
            if (_settings.InProcess)
            {
                Fail(new BadInputException($"{_workers.Name(request.WorkerId)} cannot join: {reason}"));
            }

            return;
        }

        _workers.Admit(request);
        if (_workers.Joined.Count == _settings.Workers)
        {
            _services.LoadInitialStateAsync(request.Replica).PipeTo(
                Self,
                success: step => new InitialStateLoaded(step),
                failure: error => new ServiceFailed(error));
        }
    }

    private void FormGeneration(long firstStep)
    {
        var replica = _workers.Reference!;
        var topology = RosterPlanner.Resolve(_settings.Topology, replica.VectorLength, _settings.InProcess);
        var roster = RosterPlanner.Plan(
            1, _workers.Candidates(), _settings.Definition.Shards, topology, replica.VectorLength,
            RandomNumberGenerator.GetHexString(64, lowercase: true), _services.Endpoint);
        var plan = new BatchPlan(replica.TrainingSamples, _settings.Definition.BatchSize, _settings.Definition.Shards);
        _run = new RunningJob(_settings, replica, roster, plan, firstStep, _services.Observer, Context.System.Scheduler);
        Become(Preparing);
        Timers.StartSingleTimer(WaitTimer, WaitedTooLong.Instance, _settings.JoinTimeout);

        var prepare = new PrepareGeneration(roster, firstStep, firstStep == 0 ? StateOrigin.Initial : StateOrigin.Stored);
        foreach (var member in roster.Workers)
        {
            _workers.Ref(member.WorkerId).Tell(prepare);
        }

        if (topology == Topology.Coordinator)
        {
            var self = Self;
            _services.OwnSlice.PrepareAsync(prepare, message => self.Tell(message)).PipeTo(
                Self,
                success: () => OwnSliceReady.Instance,
                failure: error => new ServiceFailed(error));
        }
    }

    private void StartWhenReady()
    {
        if (_ready.Count == _run!.Roster.Members.Length)
        {
            Become(Running);
            _run.Start();
            GiveLeases();
        }
    }

    private void GiveLeases()
    {
        while (_run!.NextLease(_stopping) is { } lease)
        {
            foreach (var member in _run.Roster.Workers)
            {
                _workers.Ref(member.WorkerId).Tell(lease);
            }

            if (_run.Roster.Topology == Topology.Coordinator)
            {
                _services.OwnSlice.Enqueue(lease);
            }
        }

        Timers.StartSingleTimer(WaitTimer, WaitedTooLong.Instance, _settings.StepTimeout + CauseGrace);
    }

    private void Complete(LeaseCompleted completed)
    {
        if (_run!.Leases.Complete(completed) is not { } lease)
        {
            return;
        }

        if (lease.Snapshot)
        {
            var (hash, deviating) = _run.Leases.TakeHashes();
            if (deviating.Count > 0)
            {
                Fail(new TrainingFaultException(
                    $"after step {lease.End} the parameters of {_workers.Names(deviating)} differ from the others'; its memory or processor is at fault"));
                return;
            }

            _run.ParametersSha256 = hash;
            var ends = _run.IsLast(lease, _stopping);
            if (ends)
            {
                Become(Ending);
                Timers.Cancel(WaitTimer);
            }

            var request = new CheckpointRequest(lease.End, hash!, _run.Ledger.Loss, _run.Ledger.Evaluation);
            _services.SaveAsync(_run.Roster, request).PipeTo(
                Self,
                success: path => new CheckpointSaved(path),
                failure: error => new CheckpointFailed(lease.End, error));
            if (ends)
            {
                return;
            }
        }

        GiveLeases();
    }

    private void Finish()
    {
        _completion.TrySetResult(_run!.Outcome(_workers.Joined.Count));
        EndWorkers("done");
    }

    private void Fail(Exception error)
    {
        _completion.TrySetException(error);
        EndWorkers(error.Message);
    }

    private void EndWorkers(string reason)
    {
        foreach (var worker in _workers.All)
        {
            Context.Unwatch(worker);
            if (_run is not null)
            {
                worker.Tell(new EndGeneration(_run.Roster.Generation, reason));
            }

            worker.Tell(new EndJob(reason));
        }

        _services.OwnSlice.Abort(_run?.Roster.Generation ?? 0, reason);
        Context.Stop(Self);
    }

    private void IfCurrent(IGenerationMessage message, Action action)
    {
        if (message.Generation == _run?.Roster.Generation)
        {
            action();
        }
        else
        {
            _stale++;
        }
    }

    /// <summary>Ends the job at the next step boundary.</summary>
    internal sealed record StopJob
    {
        internal static StopJob Instance { get; } = new();
    }

    private sealed record WaitedTooLong
    {
        internal static WaitedTooLong Instance { get; } = new();
    }

    private sealed record OwnSliceReady
    {
        internal static OwnSliceReady Instance { get; } = new();
    }

    private sealed record WorkerGone(string WorkerId);

    private sealed record InitialStateLoaded(long Step);

    private sealed record ServiceFailed(Exception Error);

    private sealed record NoCauseFound(string Message);

    private sealed record CheckpointSaved(string? Path);

    private sealed record CheckpointFailed(long Step, Exception Error);
}
