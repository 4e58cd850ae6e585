using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Cluster.Train.Scenarios;

/// <summary>Signals by their numbers on Linux.</summary>
internal enum Signal
{
    Hangup = 1,
    Interrupt = 2,
    Quit = 3,
    User1 = 10,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}

/// <summary>Sends signals, and sees to it that whoever gets one can act on it.</summary>
internal static partial class Signals
{
    private const nint Default = 0, Ignored = 1;

    /// <summary>
    /// A shell starts its background jobs with SIGINT ignored, <c>nohup</c> with SIGHUP, children inherit that, and a
    /// program does well to respect it. What a scenario starts has the defaults, however the tests themselves were started.
    /// </summary>
    [ModuleInitializer]
    internal static void Reset()
    {
        if (!OperatingSystem.IsLinux()) return;
        foreach (var signal in (ReadOnlySpan<Signal>)[Signal.Hangup, Signal.Interrupt, Signal.Quit, Signal.Terminate])
        {
            var handler = Handle((int)signal, Default);
            if (handler is not Default and not Ignored) Handle((int)signal, handler);
        }
    }

    /// <summary>Sends a signal to a process.</summary>
    /// <returns>Whether it could be sent.</returns>
    internal static bool Send(int process, Signal signal) => Kill(process, (int)signal) == 0;

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint Handle(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
