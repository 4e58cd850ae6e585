using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;

namespace Cluster.Train.Actors.Worker;

/// <summary>Who a worker is.</summary>
/// <param name="WorkerId">Identity of this run of the worker.</param>
/// <param name="Name">Its name in messages.</param>
/// <param name="Host">The machine.</param>
/// <param name="Build">Version of the program and of its tasks.</param>
/// <param name="Tasks">Names of the tasks it has.</param>
internal sealed record WorkerIdentity(string WorkerId, string Name, string Host, string Build, ImmutableArray<string> Tasks);

/// <summary>
/// One worker: asks the coordinator for a job, makes a replica, and does the leases of each generation.
/// It computes nothing itself: its runtime does, on a thread of its own.
/// </summary>
internal sealed class WorkerActor : ReceiveActor, IWithTimers
{
    private const string HelloTimer = "hello";
    private static readonly TimeSpan HelloInterval = TimeSpan.FromSeconds(1);

    private readonly WorkerIdentity _identity;
    private readonly IActorRef _coordinator;
    private readonly IWorkerRuntime _runtime;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private int _generation;
    private long _stale;

    /// <summary>Is created by <see cref="Props"/>.</summary>
    public WorkerActor(WorkerIdentity identity, IActorRef coordinator, IWorkerRuntime runtime)
    {
        _identity = identity;
        _coordinator = coordinator;
        _runtime = runtime;
        Become(Searching);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>A worker that computes with this runtime, which it disposes of when it stops.</summary>
    internal static Props Props(WorkerIdentity identity, IActorRef coordinator, IWorkerRuntime runtime) =>
        Akka.Actor.Props.Create(() => new WorkerActor(identity, coordinator, runtime));

    /// <inheritdoc/>
    protected override void PreStart() =>
        Timers.StartPeriodicTimer(HelloTimer, SayHello.Instance, TimeSpan.Zero, HelloInterval);

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _runtime.Abort(_generation, $"{_identity.Name} stops");
        _ = _runtime.DisposeAsync().AsTask();
        if (_stale > 0)
        {
            _log.Debug("dropped {0} stale messages", _stale);
        }
    }

    private void Searching()
    {
        Receive<SayHello>(_ => _coordinator.Tell(
            new WorkerHello(_identity.WorkerId, _identity.Name, _identity.Host, _identity.Build, _identity.Tasks)));
        Receive<JobOffer>(offer =>
        {
            Timers.Cancel(HelloTimer);
            Become(Joining);
            _runtime.OpenAsync(offer.Definition).PipeTo(
                Self,
                success: description => new Opened(description),
                failure: error => new Failed(error));
        });
        ReceiveEnd();
    }

    private void Joining()
    {
        Receive<Opened>(opened => _coordinator.Tell(new JoinRequest(_identity.WorkerId, opened.Replica)));
        Receive<JoinRefused>(refused =>
        {
            _log.Error("refused by the coordinator: {0}", refused.Reason);
            Context.Stop(Self);
        });
        Receive<PrepareGeneration>(Prepare);
        ReceiveEnd();
    }

    private void Training()
    {
        Receive<PrepareGeneration>(Prepare);
        Receive<Prepared>(prepared => IfCurrent(prepared.Generation, () =>
            _coordinator.Tell(new GenerationReady(_identity.WorkerId, prepared.Generation))));
        Receive<StepLease>(lease => IfCurrent(lease.Generation, () => _runtime.Enqueue(lease)));
        Receive<EndGeneration>(end => IfCurrent(end.Generation, () => _runtime.Abort(end.Generation, end.Reason)));
        ReceiveEnd();
    }

    private void ReceiveEnd()
    {
        Receive<EndJob>(end =>
        {
            _log.Debug("the job is over: {0}", end.Reason);
            Context.Stop(Self);
        });
        Receive<Failed>(failed => _coordinator.Tell(MemberFaults.Describe(_identity.WorkerId, _identity.Name, _generation, failed.Error)));
        Receive<SayHello>(_ => { });
        Receive<JobOffer>(_ => { });
    }

    private void Prepare(PrepareGeneration generation)
    {
        if (generation.Generation <= _generation)
        {
            _stale++;
            return;
        }

        _runtime.Abort(_generation, $"generation {generation.Generation} begins");
        _generation = generation.Generation;
        Become(Training);
        var coordinator = _coordinator;
        var self = Self;
        _runtime.PrepareAsync(generation, message => coordinator.Tell(message, self)).PipeTo(
            Self,
            success: () => new Prepared(generation.Generation),
            failure: error => new Failed(error));
    }

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

    private sealed record SayHello
    {
        internal static SayHello Instance { get; } = new();
    }

    private sealed record Opened(ReplicaDescription Replica);

    private sealed record Prepared(int Generation);

    private sealed record Failed(Exception Error);
}
