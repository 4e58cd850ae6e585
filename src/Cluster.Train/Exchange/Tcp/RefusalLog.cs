using System.Diagnostics;

namespace Cluster.Train.Exchange.Tcp;

/// <summary>Counts refused connections and says why, at most <see cref="LinesPerSecond"/> lines a second: a flood must not fill a disk.</summary>
internal sealed class RefusalLog(Action<string>? log)
{
    private const int LinesPerSecond = 10;

    private readonly Lock _gate = new();
    private long _second;
    private int _lines;
    private long _silent;

    /// <summary>How many were refused.</summary>
    internal long Count { get; private set; }

    internal void Add(string line)
    {
        lock (_gate)
        {
            Count++;
            var second = Stopwatch.GetTimestamp() / Stopwatch.Frequency;
            if (second != _second)
            {
                _second = second;
                _lines = 0;
            }

            if (++_lines > LinesPerSecond)
            {
                _silent++;
                return;
            }

            log?.Invoke(_silent == 0 ? line : $"{line} ({_silent} more were refused since the last line)");
            _silent = 0;
        }
    }
}
