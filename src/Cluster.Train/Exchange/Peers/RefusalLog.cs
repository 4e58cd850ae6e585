using System.Diagnostics;

namespace Cluster.Train.Exchange.Peers;

/// <summary>Counts refused connections and says why, as far as its <see cref="LineBudget"/> goes.</summary>
internal sealed class RefusalLog(Action<string>? log)
{
    private const int LinesPerSecond = 10;

    private readonly Lock _gate = new();
    private readonly LineBudget _budget = new(LinesPerSecond);

    /// <summary>How many were refused.</summary>
    internal long Count { get; private set; }

    internal void Add(string line)
    {
        lock (_gate)
        {
            Count++;
            if (_budget.Take(Stopwatch.GetTimestamp() / Stopwatch.Frequency) is { } silent)
            {
                log?.Invoke(silent == 0 ? line : Invariant($"{line} ({silent} more were refused since the last line)"));
            }
        }
    }
}
