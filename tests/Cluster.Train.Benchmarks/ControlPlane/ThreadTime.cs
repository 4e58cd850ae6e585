using System.Runtime.InteropServices;

namespace Cluster.Train.Benchmarks.ControlPlane;

/// <summary>The processor time of the calling thread, which other programs on the machine do not lengthen.</summary>
internal static partial class ThreadTime
{
    /// <summary>CLOCK_THREAD_CPUTIME_ID of Linux.</summary>
    private const int ThreadClock = 3;

    /// <summary>Seconds since the thread began.</summary>
    /// <exception cref="BadInputException">This is not Linux.</exception>
    internal static double Seconds
    {
        get
        {
            if (!OperatingSystem.IsLinux())
            {
                throw new BadInputException("control-plane reads the processor time of one thread, which it can on Linux only: run it there");
            }

            _ = Read(ThreadClock, out var time);
            return time.Seconds + (time.Nanoseconds * 1e-9);
        }
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int Read(int clock, out Time time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Time
    {
        internal nint Seconds;
        internal nint Nanoseconds;
    }
}
