using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace Cluster.Train.Tests.Scenarios;

/// <summary>
/// Virtual time that moves from one event to the next: events of one moment run in the order in which they were
/// scheduled, so that a run is a function of its seed alone. TestKit's scheduler moves the clock first and fires
/// everything that has become due then, so that timers started on the way would count from the end of the leap.
/// </summary>
public sealed class VirtualScheduler(Config config, ILoggingAdapter log) : SchedulerBase(config, log), IDateTimeOffsetNowTimeProvider
{
    private static readonly DateTimeOffset Epoch = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Lock _gate = new();
    private readonly PriorityQueue<Entry, (long Due, long Number)> _queue = new();
    private long _now;
    private long _number;

    /// <inheritdoc/>
    public override TimeSpan MonotonicClock => TimeSpan.FromTicks(Volatile.Read(ref _now));

    /// <inheritdoc/>
    public override TimeSpan HighResMonotonicClock => MonotonicClock;

    /// <inheritdoc/>
    protected override DateTimeOffset TimeNow => Epoch + MonotonicClock;

    /// <summary>Runs an action after a time.</summary>
    internal void After(TimeSpan delay, Action action) => Add(new Entry(action, Interval: 0, null), delay);

    /// <summary>Runs the next event, if there is one that is due before a time.</summary>
    internal bool RunNext(TimeSpan before)
    {
        Entry entry;
        lock (_gate)
        {
            do
            {
                if (!_queue.TryPeek(out entry, out var key) || key.Due >= before.Ticks)
                {
                    return false;
                }

                _queue.Dequeue();
                if (entry.Cancelable?.IsCancellationRequested != true)
                {
                    Volatile.Write(ref _now, Math.Max(_now, key.Due));
                }
            }
            while (entry.Cancelable?.IsCancellationRequested == true);
        }

        entry.Action();
        if (entry.Interval > 0 && entry.Cancelable?.IsCancellationRequested != true)
        {
            Add(entry, TimeSpan.FromTicks(entry.Interval));
        }

        return true;
    }

    /// <summary>The time goes on, and nothing that is due meanwhile happens before its end: the whole process was stopped.</summary>
    internal void Leap(TimeSpan length)
    {
        lock (_gate)
        {
            Volatile.Write(ref _now, _now + length.Ticks);
            Stopped += length;
        }
    }

    /// <summary>How long it was stopped in all.</summary>
    internal TimeSpan Stopped { get; private set; }

    /// <summary>Forgets what is scheduled: a run has ended, and the next one begins with an empty stage.</summary>
    internal void Clear()
    {
        lock (_gate)
        {
            _queue.Clear();
        }
    }

    /// <inheritdoc/>
    protected override void InternalScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Add(new Entry(() => receiver.Tell(message, sender), Interval: 0, cancelable), delay);

    /// <inheritdoc/>
    protected override void InternalScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Add(new Entry(() => receiver.Tell(message, sender), interval.Ticks, cancelable), initialDelay);

    /// <inheritdoc/>
    protected override void InternalScheduleOnce(TimeSpan delay, Action action, ICancelable cancelable) =>
        Add(new Entry(action, Interval: 0, cancelable), delay);

    /// <inheritdoc/>
    protected override void InternalScheduleOnce(TimeSpan delay, IRunnable action, ICancelable cancelable) =>
        Add(new Entry(action.Run, Interval: 0, cancelable), delay);

    /// <inheritdoc/>
    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable cancelable) =>
        Add(new Entry(action, interval.Ticks, cancelable), initialDelay);

    /// <inheritdoc/>
    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, IRunnable action, ICancelable cancelable) =>
        Add(new Entry(action.Run, interval.Ticks, cancelable), initialDelay);

    private void Add(Entry entry, TimeSpan delay)
    {
        lock (_gate)
        {
            _queue.Enqueue(entry, (_now + Math.Max(0, delay.Ticks), _number++));
        }
    }

    private readonly record struct Entry(Action Action, long Interval, ICancelable? Cancelable);
}
