using System.Diagnostics;

namespace Cluster.Train;

/// <summary>The <see cref="RunningTime"/> of this process, kept by a thread that does nothing else.</summary>
internal static class ProcessTime
{
    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(1);

    private static readonly Lazy<RunningTime> s_time = new(Start);

    /// <summary>Begins to measure: what lies before the first call counts as time that ran.</summary>
    internal static void EnsureStarted() => _ = s_time.Value;

    /// <summary>How much time the process could run since a <see cref="Stopwatch.GetTimestamp"/>.</summary>
    internal static TimeSpan Since(long timestamp) => s_time.Value.Elapsed(Stopwatch.GetElapsedTime(0, timestamp), Now);

    private static TimeSpan Now => Stopwatch.GetElapsedTime(0, Stopwatch.GetTimestamp());

    private static RunningTime Start()
    {
        var time = new RunningTime(s_tick, Now);
        new Thread(() =>
        {
            while (true)
            {
                // What is measured is whether this thread wakes: a timer would wake on the pool, which is late under load.
                Thread.Sleep(s_tick);
                time.Tick(Now);
            }
        })
        { IsBackground = true, Name = "running time" }.Start();
        return time;
    }
}
