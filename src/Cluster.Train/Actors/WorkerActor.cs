using Akka.Actor;
using Akka.Event;
using Cluster.Train.Coordination;
using Cluster.Train.Members;
using Cluster.Train.Protocol;

namespace Cluster.Train.Actors;

/// <summary>
/// The shell around <see cref="WorkerMachine"/>: messages, the coordinator's end and timers become events, and what the machine
/// decides is carried out here or by the runtime, which computes on a thread of its own. It decides nothing itself.
/// </summary>
internal sealed class WorkerActor : ReceiveActor, IWithTimers
{
    private readonly WorkerIdentity _identity;
    private readonly IActorRef _coordinators;
    private readonly IWorkerRuntime _runtime;
    private readonly TaskCompletionSource<WorkerOutcome> _completion;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly WorkerMachine _machine;

    /// <summary>Is created by <see cref="Props"/>.</summary>
    public WorkerActor(
        WorkerIdentity identity, IActorRef coordinators, IWorkerRuntime runtime, TimeSpan patience, TaskCompletionSource<WorkerOutcome> completion)
    {
        (_identity, _coordinators, _runtime, _completion) = (identity, coordinators, runtime, completion);
        _machine = new WorkerMachine(identity.WorkerId, identity.Name, patience);
        Receive<IWireMessage>(message => Answer(new WorkerEvent.Heard(Addresses.Of(Sender), message)));
        Receive<WorkerEvent>(Answer);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Asks a worker to leave in good order: it ends when the coordinator lets it go.</summary>
    internal static object Leave { get; } = new WorkerEvent.LeaveAsked();

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
    protected override void PreStart() => Answer(new WorkerEvent.Started());

    /// <inheritdoc/>
    protected override void PostStop()
    {
        Answer(new WorkerEvent.Abandoned());
        if (_machine.Stale > 0)
        {
            _log.Debug("dropped {0} stale messages", _machine.Stale);
        }
    }

    private void Answer(WorkerEvent happened)
    {
        foreach (var effect in _machine.Next(happened))
        {
            CarryOut(effect);
        }
    }

    private void CarryOut(WorkerEffect effect)
    {
        switch (effect)
        {
            case WorkerEffect.Greet:
                _coordinators.Tell(new WorkerHello(
                    _identity.WorkerId, _identity.Name, _identity.Host, _identity.Build, _identity.Tasks, _runtime.Past));
                break;
            case WorkerEffect.Tell tell:
                tell.To.Send(tell.Message, Self);
                break;
            case WorkerEffect.AskToJoin ask:
                ask.To.Send(new JoinRequest(_identity.WorkerId, ask.Replica, ask.Tensors, _runtime.Held, _runtime.Memos, ask.Remark), Self);
                break;
            case WorkerEffect.TellEnded ended:
                ended.To.Send(new GenerationEnded(_identity.WorkerId, ended.Generation, _runtime.Held), Self);
                break;
            case WorkerEffect.Watch { Coordinator: { Value: IActorRef coordinator } address }:
                Context.WatchWith(coordinator, new WorkerEvent.Gone(address));
                break;
            case WorkerEffect.Unwatch { Coordinator.Value: IActorRef coordinator }:
                Context.Unwatch(coordinator);
                break;
            case WorkerEffect.Repeat repeat:
                Timers.StartPeriodicTimer(
                    repeat.Timer, new WorkerEvent.Rang(repeat.Timer), repeat.AtOnce ? TimeSpan.Zero : repeat.Interval, repeat.Interval);
                break;
            case WorkerEffect.Wait wait:
                Timers.StartSingleTimer(wait.Timer, new WorkerEvent.Rang(wait.Timer), wait.Length);
                break;
            case WorkerEffect.Cancel cancel:
                Timers.Cancel(cancel.Timer);
                break;
            case WorkerEffect.Open open:
                Open(open);
                break;
            case WorkerEffect.Prepare prepare:
                Prepare(prepare);
                break;
            case WorkerEffect.Serve serve:
                _runtime.Serve(serve.Generation);
                break;
            case WorkerEffect.DoLease lease:
                _runtime.Enqueue(lease.Lease);
                break;
            case WorkerEffect.Abort abort:
                _runtime.Abort(abort.Generation, abort.Reason);
                break;
            case WorkerEffect.Warn line:
                _log.Warning("{0}", line.Text);
                break;
            case WorkerEffect.Finish finish:
                _completion.TrySetResult(finish.Outcome);
                break;
            case WorkerEffect.Fail fail:
                _completion.TrySetException(fail.Error);
                break;
            case WorkerEffect.End:
                Context.Stop(Self);
                break;
        }
    }

    private void Open(WorkerEffect.Open open) => _runtime.OpenAsync(open.Offer.Definition, open.Offer.Fresh).PipeTo(
        Self,
        success: opened => new WorkerEvent.Opened(open.Number, opened.Description, opened.Initial, opened.Remark),
        failure: error => new WorkerEvent.NotOpened(open.Number, Fault(generation: 0, error)));

    private void Prepare(WorkerEffect.Prepare prepare)
    {
        var (self, generation) = (Self, prepare.Generation.Generation);
        _runtime.PrepareAsync(prepare.Generation, message => prepare.ReportsTo.Send(message, self)).PipeTo(
            self,
            success: () => new WorkerEvent.Prepared(generation),
            failure: error => new WorkerEvent.NotPrepared(Fault(generation, error)));
    }

    private WorkerFault Fault(int generation, Exception error) => MemberFaults.Describe(_identity.WorkerId, _identity.Name, generation, error);
}
