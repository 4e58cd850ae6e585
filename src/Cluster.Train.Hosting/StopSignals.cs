using System.Runtime.InteropServices;
using Spectre.Console;

namespace Cluster.Train.Hosting;

/// <summary>
/// Turns the first Ctrl-C (SIGINT) or SIGTERM into a cancellation and lets the second have its usual effect: the
/// process ends at once.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly TextWriter _error;
    private readonly IAnsiConsole? _terminal;
    private int _received;

    /// <summary>Creates signals that only <see cref="Receive"/> can raise.</summary>
    internal StopSignals(TextWriter error, IAnsiConsole? terminal)
    {
        _error = error;
        _terminal = terminal;
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>128 + the signal's number, as shells count it; null while there was none.</summary>
    public int? ExitCode { get; private set; }

    /// <summary>Listens for the signals of this process until disposed.</summary>
    public static StopSignals OfProcess(TextWriter error, IAnsiConsole? terminal)
    {
        var signals = new StopSignals(error, terminal);
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM])
        {
            signals._registrations.Add(PosixSignalRegistration.Create(signal, context => context.Cancel = signals.Receive(context.Signal)));
        }

        return signals;
    }

    /// <summary>Takes a signal.</summary>
    /// <returns>Whether it is dealt with; if not, the process is to end at once.</returns>
    internal bool Receive(PosixSignal signal)
    {
        if (Interlocked.Increment(ref _received) > 1)
        {
            // The progress bar hides the cursor and will not come to show it again.
            _terminal?.Cursor.Show();
            return false;
        }

        ExitCode = signal == PosixSignal.SIGINT ? 130 : 143;
        _error.WriteLine(signal == PosixSignal.SIGINT
            ? "stopping at the next step boundary; press Ctrl-C again to end at once"
            : "stopping at the next step boundary; a second SIGTERM ends at once");
        _stop.Cancel();
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
}
