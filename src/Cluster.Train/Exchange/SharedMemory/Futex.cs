using System.Runtime.InteropServices;

namespace Cluster.Train.Exchange.SharedMemory;

/// <summary>
/// Sleeping on a word of memory that several processes map (futex(2) of Linux): the kernel compares the word before it
/// puts the caller to sleep, so that a wake between the caller's own look and its sleep is never lost.
/// </summary>
internal static unsafe partial class Futex
{
    private const long SystemCall = 202;

    // Without FUTEX_PRIVATE_FLAG: the sleepers are in other processes, too.
    private const int Wait = 0;
    private const int Wake = 1;

    /// <summary>Whether this system has it. The number of the system call is that of x86-64.</summary>
    internal static bool IsSupported => OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>
    /// Sleeps while the word holds a value, until somebody wakes the word's sleepers or the time has passed. Returns
    /// without a reason at times: the caller looks again at what it waits for.
    /// </summary>
    internal static void SleepWhile(int* word, int value, TimeSpan timeout)
    {
        var relative = new TimeSpecification
        {
            Seconds = timeout.Ticks / TimeSpan.TicksPerSecond,
            Nanoseconds = timeout.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick,
        };
        _ = Call(SystemCall, word, Wait, value, &relative, null, 0);
    }

    /// <summary>Wakes all who sleep on the word, in any process.</summary>
    internal static void WakeAll(int* word) => _ = Call(SystemCall, word, Wake, int.MaxValue, null, null, 0);

    [LibraryImport("libc", EntryPoint = "syscall")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial long Call(long number, int* word, int operation, int value, TimeSpecification* timeout, int* other, int last);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpecification
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
