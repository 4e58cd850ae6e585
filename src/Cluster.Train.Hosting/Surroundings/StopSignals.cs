using System.Globalization;
using System.Runtime.InteropServices;
using Spectre.Console;

namespace Cluster.Train.Hosting.Surroundings;

/// <summary>
/// Turns the first Ctrl-C (SIGINT), SIGTERM, SIGQUIT or the end of the terminal (SIGHUP) into a cancellation, and lets a
/// second one have its usual effect: the process ends at once.
/// </summary>
/// <remarks>
/// A terminal that closes sends SIGHUP twice, once by the shell and once by the system, and service managers send it
/// right after SIGTERM: it never counts as the second one.
/// </remarks>
internal sealed class StopSignals : IDisposable
{
    /// <summary>The exit code of a run that was stopped by Ctrl-C, or by whatever signal on another node.</summary>
    internal const int Interrupted = 130;

    private readonly CancellationTokenSource _stop = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly TextWriter _error;
    private readonly IAnsiConsole? _terminal;
    private int _asked;
    private int _exitCode;
    private Action<string>? _say;

    /// <summary>Creates signals that only <see cref="Receive"/> can raise.</summary>
    internal StopSignals(TextWriter error, IAnsiConsole? terminal)
    {
        _error = error;
        _terminal = terminal;
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>128 + the number of the first signal, as shells count it; null while there was none.</summary>
    public int? ExitCode => Volatile.Read(ref _exitCode) is > 0 and var code ? code : null;

    /// <summary>Listens for the signals of this process until disposed, but for those that it was started to ignore, as by <c>nohup</c>.</summary>
    public static StopSignals OfProcess(TextWriter error, IAnsiConsole? terminal)
    {
        var signals = new StopSignals(error, terminal);
        var ignored = IgnoredAtStart();
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGQUIT, PosixSignal.SIGHUP])
        {
            if ((ignored & (1UL << (Number(signal) - 1))) == 0)
            {
                signals._registrations.Add(PosixSignalRegistration.Create(signal, context => context.Cancel = signals.Receive(context.Signal)));
            }
        }

        return signals;
    }

    /// <summary>Has what is said of a signal said by somebody else, who owns the terminal, instead of standard error.</summary>
    /// <param name="say">Takes one line; must return at once.</param>
    public void SayThrough(Action<string> say) => _say = say;

    /// <summary>Takes a signal.</summary>
    /// <returns>Whether it is dealt with; if not, the process is to end at once.</returns>
    internal bool Receive(PosixSignal signal)
    {
        if (signal != PosixSignal.SIGHUP && Interlocked.Increment(ref _asked) > 1)
        {
            // The progress bar hides the cursor and will not come to show it again, nor to end its line.
            _terminal?.Profile.Out.Writer.Write("\u001b[?25h\n");
            return false;
        }

        if (Interlocked.CompareExchange(ref _exitCode, 128 + Number(signal), 0) == 0 || signal != PosixSignal.SIGHUP)
        {
            (_say ?? _error.WriteLine)(signal switch
            {
                PosixSignal.SIGINT => "stopping at the next step boundary; press Ctrl-C again to end at once",
                PosixSignal.SIGHUP => "the terminal has closed: stopping at the next step boundary",
                _ => $"stopping at the next step boundary; a second {signal} ends at once",
            });
            _stop.Cancel();
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _stop.Dispose();
    }

    private static int Number(PosixSignal signal) => signal switch
    {
        PosixSignal.SIGHUP => 1,
        PosixSignal.SIGINT => 2,
        PosixSignal.SIGQUIT => 3,
        PosixSignal.SIGTERM => 15,
        _ => throw new ArgumentOutOfRangeException(nameof(signal), signal, "not one that stops a run"),
    };

    // One bit a signal. The runtime takes over some signals at its start, but none that was ignored.
    private static ulong IgnoredAtStart()
    {
        const string status = "/proc/self/status", name = "SigIgn:";
        if (!File.Exists(status)) return 0;
        var line = File.ReadLines(status).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        return ulong.TryParse(line.AsSpan(Math.Min(name.Length, line?.Length ?? 0)).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var mask) ? mask : 0;
    }
}
