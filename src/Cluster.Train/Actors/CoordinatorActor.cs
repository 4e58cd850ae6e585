using System.Security.Cryptography;
using Akka.Actor;
using Akka.Event;
using Cluster.Train.Coordination;
using Cluster.Train.Protocol;

namespace Cluster.Train.Actors;

/// <summary>
/// The shell around <see cref="CoordinatorMachine"/>: messages, ends of workers and timers become events, and what the machine
/// decides is carried out here or by the services. It decides nothing itself.
/// </summary>
internal sealed class CoordinatorActor : ReceiveActor, IWithTimers
{
    private const string TickTimer = "tick";

    private readonly ServiceCalls _services;
    private readonly TaskCompletionSource<JobOutcome> _completion;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly CoordinatorMachine _machine;

    /// <summary>When the timer of each wait rings.</summary>
    private readonly Dictionary<Wait, TimeSpan> _rings = [];

    /// <summary>Is created by <see cref="Props"/>.</summary>
    public CoordinatorActor(CoordinatorSettings settings, ICoordinatorServices services, TaskCompletionSource<JobOutcome> completion)
    {
        (_services, _completion) = (new ServiceCalls(services, Self), completion);
        _machine = new CoordinatorMachine(settings, services, () => RandomNumberGenerator.GetHexString(64, lowercase: true), Now);
        Receive<IWireMessage>(message => Answer(new CoordinatorEvent.Heard(Addresses.Of(Sender), message)));
        Receive<CoordinatorEvent>(Answer);
        Receive<ServiceCalls.Collected>(collected => Answer(_services.Write(collected)));
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Asks a coordinator to end its job at the next step boundary.</summary>
    internal static object StopJob { get; } = new CoordinatorEvent.StopAsked();

    private TimeSpan Now => Context.System.Scheduler.MonotonicClock;

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
        Timers.StartPeriodicTimer(TickTimer, new CoordinatorEvent.Ticked(), Waits.TickInterval);
        Answer(new CoordinatorEvent.Started());
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        Answer(new CoordinatorEvent.Abandoned());
        if (_machine.Stale > 0)
        {
            _log.Debug("dropped {0} stale messages", _machine.Stale);
        }
    }

    private void Answer(CoordinatorEvent happened)
    {
        if (happened is CoordinatorEvent.WaitOver over)
        {
            _rings.Remove(over.Wait);
        }

        var now = Now;
        foreach (var effect in _machine.Next(happened, now))
        {
            CarryOut(effect, now);
        }

        if (happened is CoordinatorEvent.Ticked)
        {
            _services.ShowStatus(_machine.Status);
        }
    }

    private void CarryOut(Effect effect, TimeSpan now)
    {
        switch (effect)
        {
            case Effect.Tell tell:
                tell.To.Send(tell.Message, Self);
                break;
            case Effect.TellAll tell:
                foreach (var worker in tell.To)
                {
                    worker.Send(tell.Message, Self);
                }

                break;
            case Effect.Watch { Worker.Value: IActorRef worker } watch:
                Context.WatchWith(worker, new CoordinatorEvent.Gone(watch.WorkerId, watch.Worker));
                break;
            case Effect.Unwatch { Worker.Value: IActorRef worker }:
                Context.Unwatch(worker);
                break;
            case Effect.StartWait wait:
                Start(wait, now);
                break;
            case Effect.CancelWait wait:
                Timers.Cancel(wait.Wait);
                _rings.Remove(wait.Wait);
                break;
            case Effect.Log line:
                _log.Info("{0}", line.Text);
                break;
            case Effect.Finish finish:
                _services.Ended(new JobEnding(finish.Outcome, Fault: null));
                _completion.TrySetResult(finish.Outcome);
                break;
            case Effect.Fail fail:
                if (fail.Error is not TrainingFaultException { IsOfCoordinatorAlone: true })
                {
                    _services.Ended(new JobEnding(Outcome: null, OneLine.Of(fail.Error.Message)));
                }

                _completion.TrySetException(fail.Error);
                break;
            case Effect.End:
                Context.Stop(Self);
                break;
            default:
                _services.CarryOut(effect);
                break;
        }
    }

    /// <summary>
    /// Each report begins the wait for the next one anew, and to start a timer is dear. So one that rings before the wait is
    /// over is left as it is: the machine then answers with what is left to wait.
    /// </summary>
    private void Start(Effect.StartWait wait, TimeSpan now)
    {
        var end = now + wait.Length;
        if (!_rings.TryGetValue(wait.Wait, out var rings) || rings > end)
        {
            _rings[wait.Wait] = end;
            Timers.StartSingleTimer(wait.Wait, new CoordinatorEvent.WaitOver(wait.Wait), wait.Length);
        }
    }
}
