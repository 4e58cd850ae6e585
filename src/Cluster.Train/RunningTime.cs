namespace Cluster.Train;

/// <summary>
/// Measures time in which this process could run. Whoever stops a process (Ctrl-Z, <c>docker pause</c>, a laptop's lid, a
/// virtual machine that is moved) stops it as a whole: what it waits for could not happen meanwhile, so that time is no
/// part of any wait. It is told by ticks: a clock that is far beyond the next tick has gone on without the process. Pure;
/// safe for use by several threads.
/// </summary>
/// <param name="tick">How often <see cref="Tick"/> is called.</param>
/// <param name="now">The time.</param>
internal sealed class RunningTime(TimeSpan tick, TimeSpan now)
{
    /// <summary>A tick may be late on a machine whose cores all compute; only what is later than this is a stop.</summary>
    internal static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(5);

    /// <summary>Stops that are remembered; of waits that began before them, the oldest count as time that ran.</summary>
    private const int MostStops = 256;

    private readonly Lock _gate = new();
    private readonly List<(TimeSpan End, TimeSpan Length)> _stops = [];
    private TimeSpan _last = now;

    /// <summary>Notes that the process runs.</summary>
    internal void Tick(TimeSpan at)
    {
        lock (_gate)
        {
            var stop = StopUntil(at);
            if (stop > TimeSpan.Zero)
            {
                if (_stops.Count == MostStops)
                {
                    _stops.RemoveAt(0);
                }

                _stops.Add((at, stop));
            }

            _last = at > _last ? at : _last;
        }
    }

    /// <summary>How much of the time between two moments the process could run.</summary>
    /// <param name="since">The earlier.</param>
    /// <param name="at">The later: the present, whether or not a tick has come since.</param>
    internal TimeSpan Elapsed(TimeSpan since, TimeSpan at)
    {
        lock (_gate)
        {
            var elapsed = at - since - Within(since, at, StopUntil(at));
            foreach (var (end, length) in _stops)
            {
                elapsed -= Within(since, end, length);
            }

            return elapsed > TimeSpan.Zero ? elapsed : TimeSpan.Zero;
        }
    }

    /// <summary>The stop that a moment reveals; zero for none.</summary>
    private TimeSpan StopUntil(TimeSpan at)
    {
        var late = at - _last - tick;
        return late > Tolerance ? late : TimeSpan.Zero;
    }

    /// <summary>How much of a stop lies after a moment.</summary>
    private static TimeSpan Within(TimeSpan since, TimeSpan end, TimeSpan length)
    {
        var after = end - since;
        return after <= TimeSpan.Zero ? TimeSpan.Zero : after < length ? after : length;
    }
}
