using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Cluster.Train.Machine;

/// <summary>
/// What work beside training takes from it: processor time of the thread that does it. On cores that all compute, its
/// elapsed time is mostly waiting for a turn, which costs nobody anything.
/// </summary>
internal static partial class ThreadTime
{
    /// <summary>CLOCK_THREAD_CPUTIME_ID of Linux.</summary>
    private const int ThreadClock = 3;

    /// <summary>Processor time of the calling thread since some fixed moment; where the system does not tell, elapsed time.</summary>
    internal static TimeSpan Now() =>
        OperatingSystem.IsLinux() && GetTime(ThreadClock, out var time) == 0
            ? TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromMicroseconds(time.Nanoseconds / 1e3)
            : Stopwatch.GetElapsedTime(0);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out Time time);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Time
    {
        internal readonly nint Seconds;
        internal readonly nint Nanoseconds;
    }
}
