namespace Cluster.Train.Coordination;

/// <summary>
/// The waits that run. They end only after time in which this process could run: whoever stops it stops what it waits for
/// as well. Pure: the time is given.
/// </summary>
internal sealed class Waits
{
    /// <summary>How often <see cref="Tick"/> is to be called.</summary>
    internal static readonly TimeSpan TickInterval = TimeSpan.FromSeconds(1);

    private readonly Dictionary<Wait, (TimeSpan Since, TimeSpan Length)> _running = [];
    private readonly RunningTime _time;

    /// <param name="now">The time.</param>
    internal Waits(TimeSpan now) => _time = new RunningTime(TickInterval, now);

    /// <summary>Those that run.</summary>
    internal IEnumerable<Wait> Running => _running.Keys;

    /// <summary>Notes that the process runs.</summary>
    internal void Tick(TimeSpan now) => _time.Tick(now);

    /// <summary>How much of the time since a moment the process could run.</summary>
    internal TimeSpan Elapsed(TimeSpan since, TimeSpan now) => _time.Elapsed(since, now);

    /// <summary>Begins a wait, anew where it runs.</summary>
    internal void Start(Wait wait, TimeSpan now, TimeSpan length) => _running[wait] = (now, length);

    /// <summary>Ends a wait.</summary>
    /// <returns>Whether it ran.</returns>
    internal bool Cancel(Wait wait) => _running.Remove(wait);

    /// <summary>The timer of a wait has run out.</summary>
    /// <returns>What is left to wait for because the process was stopped meanwhile; zero where the wait is over, null where it does not run.</returns>
    internal TimeSpan? TimerEnds(Wait wait, TimeSpan now)
    {
        if (!_running.TryGetValue(wait, out var running))
        {
            return null;
        }

        var left = running.Length - Elapsed(running.Since, now);
        if (left > TimeSpan.Zero)
        {
            return left;
        }

        _running.Remove(wait);
        return TimeSpan.Zero;
    }
}
