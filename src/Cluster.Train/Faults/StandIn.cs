using System.Diagnostics;
using Akka.Actor;

namespace Cluster.Train.Faults;

/// <summary>What a message meets on its way.</summary>
/// <param name="Times">How often it arrives; 0 for never.</param>
/// <param name="Delay">How much later it comes, with all that follows.</param>
internal readonly record struct Passage(int Times, TimeSpan Delay);

/// <summary>
/// One side of a control connection as the other sees it: what it is told goes over the link, in order. It ends when
/// the actor that it stands for does, or is given up; whoever watches it learns so, once its process is not standing still.
/// </summary>
internal sealed class StandIn : ReceiveActor, IWithTimers
{
    /// <summary>How often a side that may not deliver yet tries again; Akka has no shorter tick.</summary>
    internal static readonly TimeSpan Again = TimeSpan.FromMilliseconds(10);

    private readonly FaultyProcess _from;
    private readonly FaultyProcess _to;
    private readonly Func<object, Passage> _pass;
    private readonly Action<object> _deliver;
    private readonly Queue<(object Message, long Due)> _queue = new();
    private long _stalledUntil;
    private bool _ends;

    /// <summary>Is created by <see cref="Props"/>.</summary>
    public StandIn(IActorRef original, FaultyProcess from, FaultyProcess to, Func<object, Passage> pass, Action<object> deliver)
    {
        (_from, _to, _pass, _deliver) = (from, to, pass, deliver);
        Context.Watch(original);
        Receive<Terminated>(_ => End());
        Receive<Close>(_ => End());
        Receive<Pump>(_ => Deliver());
        ReceiveAny(Send);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>The face of an actor.</summary>
    /// <param name="original">The actor that it stands for.</param>
    /// <param name="from">Whose messages come here.</param>
    /// <param name="to">The actor's process.</param>
    /// <param name="pass">What a message meets; a fault may strike then.</param>
    /// <param name="deliver">Hands a message to the actor.</param>
    internal static Props Props(IActorRef original, FaultyProcess from, FaultyProcess to, Func<object, Passage> pass, Action<object> deliver) =>
        Akka.Actor.Props.Create(() => new StandIn(original, from, to, pass, deliver));

    private void Send(object message)
    {
        if (!_from.Alive || _ends)
        {
            return;
        }

        var passage = _pass(message);
        _stalledUntil = Math.Max(_stalledUntil, Stopwatch.GetTimestamp() + (long)(passage.Delay.TotalSeconds * Stopwatch.Frequency));
        for (var time = 0; time < passage.Times; time++)
        {
            _queue.Enqueue((message, _stalledUntil));
        }

        Deliver();
    }

    private void Deliver()
    {
        while (_queue.TryPeek(out var next))
        {
            if (_ends || !_from.Reaches(_to))
            {
                _queue.Dequeue();
            }
            else if (_from.Hangs || _to.Hangs || next.Due > Stopwatch.GetTimestamp())
            {
                LookAgain();
                return;
            }
            else
            {
                _queue.Dequeue();
                _deliver(next.Message);
            }
        }

        if (_ends)
        {
            if (_from is { Alive: true, Hangs: true })
            {
                LookAgain();
                return;
            }

            Context.Stop(Self);
        }
    }

    private void End()
    {
        _ends = true;
        Deliver();
    }

    private void LookAgain() => Timers.StartSingleTimer(Pump.Instance, Pump.Instance, Again);

    /// <summary>The actor is given up.</summary>
    internal sealed record Close
    {
        internal static Close Instance { get; } = new();
    }

    private sealed record Pump
    {
        internal static Pump Instance { get; } = new();
    }
}
