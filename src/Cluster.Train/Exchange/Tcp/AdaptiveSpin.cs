namespace Cluster.Train.Exchange.Tcp;

/// <summary>
/// How long to look again before falling asleep: for a short while as long as that pays, and not at all while it does
/// not. Where another process has the second core, the peer that is waited for needs this one, and looking again only
/// keeps it from arriving. Medians between two ranks on two cores, always 20 µs of it → this: 4 bytes 24 → 18 µs and
/// 64 KiB 41 → 37 µs on idle cores, 59 → 49 and 104 → 80 µs with another process on one of them.
/// </summary>
/// <param name="limit">How long, in ticks of the stopwatch; 0 for never.</param>
internal sealed class AdaptiveSpin(long limit)
{
    /// <summary>In how many waits it is tried again after it was given up.</summary>
    internal const int WaitsBetweenTrials = 64;

    private const int MostCredit = 8;

    /// <summary>In successes: a failure costs the peer's time as well.</summary>
    private const int CostOfFailure = 4;

    private int _credit = MostCredit;
    private int _untried;
    private long _current;

    /// <summary>Begins a wait.</summary>
    /// <returns>How long to look again in it.</returns>
    internal long Begin()
    {
        if (_credit > 0)
        {
            return _current = limit;
        }

        _untried = (_untried + 1) % WaitsBetweenTrials;
        return _current = _untried == 0 ? limit : 0;
    }

    /// <summary>Ends a wait.</summary>
    /// <param name="elapsed">How long it was.</param>
    internal void End(long elapsed)
    {
        if (_current > 0)
        {
            _credit = elapsed < _current ? Math.Min(_credit + 1, MostCredit) : Math.Max(_credit - CostOfFailure, 0);
        }
    }
}
