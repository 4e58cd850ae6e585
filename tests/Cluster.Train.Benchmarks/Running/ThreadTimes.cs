using System.Globalization;

namespace Cluster.Train.Benchmarks.Running;

/// <summary>
/// How long a process's threads have computed, by the system's account (proc(5)): what neighbours on the machine do to the clock
/// does not show in it.
/// </summary>
/// <param name="Workers">Seconds of the threads that compute gradients.</param>
/// <param name="Others">Seconds of all others, and of those that have ended.</param>
internal readonly record struct ThreadTimes(double Workers, double Others)
{
    /// <summary>What the system counts in, on Linux whatever the kernel's own clock: USER_HZ.</summary>
    private const double TicksPerSecond = 100;
    private const string WorkerThreads = "worker-";

    /// <summary>Of this process, up to now.</summary>
    internal static ThreadTimes Now()
    {
        var workers = Directory.GetDirectories("/proc/self/task").Sum(thread => OfWorker(thread));
        return new ThreadTimes(workers, Environment.CpuUsage.TotalTime.TotalSeconds - workers);
    }

    public static ThreadTimes operator -(ThreadTimes left, ThreadTimes right) => new(left.Workers - right.Workers, left.Others - right.Others);

    private static double OfWorker(string thread)
    {
        try
        {
            // 4711 (worker-1) S 1 … utime stime …: the name may hold blanks, the 14th and 15th field are times.
            var stat = File.ReadAllText(Path.Combine(thread, "stat"));
            var (open, close) = (stat.IndexOf('(', StringComparison.Ordinal), stat.LastIndexOf(')'));
            if (!stat.AsSpan(open + 1).StartsWith(WorkerThreads, StringComparison.Ordinal)) return 0;
            var fields = stat[(close + 2)..].Split(' ');
            return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
        }
        catch (Exception ended) when (ended is FileNotFoundException or DirectoryNotFoundException)
        {
            return 0;
        }
    }
}
