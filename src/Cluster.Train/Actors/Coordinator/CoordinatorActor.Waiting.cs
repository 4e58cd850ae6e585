namespace Cluster.Train.Actors.Coordinator;

/// <summary>Waits that end only after time in which this process could run: whoever stops it stops what it waits for as well.</summary>
internal sealed partial class CoordinatorActor
{
    private const string TickTimer = "tick";
    private static readonly TimeSpan TickInterval = TimeSpan.FromSeconds(1);

    private readonly RunningTime _time = new(TickInterval, Context.System.Scheduler.MonotonicClock);
    private readonly Dictionary<string, (TimeSpan Since, TimeSpan Length)> _waits = [];

    private TimeSpan Now => Context.System.Scheduler.MonotonicClock;

    private TimeSpan Since(TimeSpan moment) => _time.Elapsed(moment, Now);

    private void StartTicking() => Timers.StartPeriodicTimer(TickTimer, TimeTick.Instance, TickInterval);

    private void ReceiveTicks() => Receive<TimeTick>(_ => _time.Tick(Now));

    /// <summary>Begins to wait, anew where it did before.</summary>
    private void Wait(string timer, object end, TimeSpan length)
    {
        _waits[timer] = (Now, length);
        Timers.StartSingleTimer(timer, end, length);
    }

    /// <summary>Does something at the end of a wait; what is left of it for a stop of the process is waited for first.</summary>
    private void ReceiveEndOfWait<T>(string timer, Action then) => Receive<T>(end =>
    {
        var (since, length) = _waits.GetValueOrDefault(timer);
        var left = length - Since(since);
        if (left > TimeSpan.Zero)
        {
            Timers.StartSingleTimer(timer, end, left);
        }
        else
        {
            then();
        }
    });

    private sealed record TimeTick
    {
        internal static TimeTick Instance { get; } = new();
    }
}
