using System.Diagnostics;

namespace Cluster.Train.Scenarios.Chaos;

/// <summary>How long it took from kills until they were noticed, and until steps were done that none had done before. Pure.</summary>
internal sealed class RecoveryTimes
{
    private readonly List<(TimeSpan Noticed, TimeSpan NextStep)> _times = [];

    internal int Count => _times.Count;

    /// <summary>
    /// Finds what followed a kill. Where another fault came before the next new step, the times would be those of both,
    /// and are left out.
    /// </summary>
    /// <param name="kill">When.</param>
    /// <param name="nextFault">When the next fault came; the largest number for none.</param>
    /// <param name="notices">When which line told that a kill was noticed.</param>
    /// <param name="newSteps">When a generation first did a new step.</param>
    internal void Add(long kill, long nextFault, IEnumerable<long> notices, IEnumerable<long> newSteps)
    {
        var noticed = notices.Where(time => time > kill).DefaultIfEmpty(long.MaxValue).Min();
        var nextStep = newSteps.Where(time => time > noticed).DefaultIfEmpty(long.MaxValue).Min();
        if (nextStep < nextFault) _times.Add((Stopwatch.GetElapsedTime(kill, noticed), Stopwatch.GetElapsedTime(kill, nextStep)));
    }

    /// <summary>Takes over those of another run.</summary>
    internal void Add(RecoveryTimes others) => _times.AddRange(others._times);

    /// <summary>Median and worst, as a line.</summary>
    /// <param name="what">What was killed.</param>
    internal string Describe(string what)
    {
        if (_times.Count == 0) return $"kill -9 of a {what}: none was followed by a step before the next fault";
        return $"kill -9 of a {what} to noticed: median {Median(time => time.Noticed):0.00} s, worst {Worst(time => time.Noticed):0.00} s; "
            + $"to next new step: median {Median(time => time.NextStep):0.00} s, worst {Worst(time => time.NextStep):0.00} s (n = {_times.Count})";
    }

    private double Median(Func<(TimeSpan Noticed, TimeSpan NextStep), TimeSpan> of)
    {
        var sorted = _times.Select(of).Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]).TotalSeconds / 2;
    }

    private double Worst(Func<(TimeSpan Noticed, TimeSpan NextStep), TimeSpan> of) => _times.Max(of).TotalSeconds;
}
