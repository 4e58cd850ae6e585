using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Cluster.Train.Exchange.InProcess;

/// <summary>
/// Where the threads of one process meet between the phases of a step. Each rank publishes how far it is on a cache
/// line of its own; whoever waits spins for a short while (training threads arrive within microseconds of each other)
/// and then sleeps. A waiter is freed by the last arrival, by <see cref="Abort"/>, or by its timeout.
/// </summary>
internal sealed class StepBarrier : IStepBarrier
{
    private static readonly TimeSpan Spin = TimeSpan.FromMicroseconds(50);

    private readonly PaddedLong[] _reached;
    private readonly string[] _names;
    private readonly StepPatience _patience;
    private readonly long _spinTicks;
    private readonly object _gate = new();
    private int _sleepers;
    private volatile string? _aborted;

    /// <summary>Creates a barrier.</summary>
    /// <param name="names">The ranks' names, for messages.</param>
    /// <param name="patience">How long a rank waits for the others.</param>
    internal StepBarrier(IEnumerable<string> names, StepPatience patience)
    {
        _names = [.. names];
        _reached = new PaddedLong[_names.Length];
        Array.Fill(_reached, new PaddedLong { Value = -1 });
        _patience = patience;
        // Spinning while another rank needs the core would only keep it from arriving.
        _spinTicks = _names.Length <= Environment.ProcessorCount ? (long)(Spin.TotalSeconds * Stopwatch.Frequency) : 0;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Arrive(int rank, long point, MeetingPoint phase)
    {
        ThrowIfAborted();
        // A full fence: the store must be visible before _sleepers is read, or a sleeper could miss it.
        Interlocked.Exchange(ref _reached[rank].Value, point);
        if (Volatile.Read(ref _sleepers) > 0)
        {
            lock (_gate)
            {
                Monitor.PulseAll(_gate);
            }
        }

        var start = Stopwatch.GetTimestamp();
        while (!AllReached(point))
        {
            ThrowIfAborted();

            if (Stopwatch.GetTimestamp() - start >= _spinTicks)
            {
                Sleep(point, start, phase);
                continue;
            }

            Thread.SpinWait(4);
        }
    }

    /// <inheritdoc/>
    public void Abort(string reason)
    {
        lock (_gate)
        {
            _aborted ??= reason;
            Monitor.PulseAll(_gate);
        }
    }

    private void Sleep(long point, long start, MeetingPoint phase)
    {
        lock (_gate)
        {
            Interlocked.Increment(ref _sleepers);
            try
            {
                while (!AllReached(point) && _aborted is null)
                {
                    var left = MeetingPoints.Left(_patience, point, start);
                    if (left <= TimeSpan.Zero)
                    {
                        _aborted = MeetingPoints.TimedOut(_patience.Limit, Missing(point), point, phase);
                        Monitor.PulseAll(_gate);
                        return;
                    }

                    Monitor.Wait(_gate, left);
                }
            }
            finally
            {
                Interlocked.Decrement(ref _sleepers);
            }
        }
    }

    private void ThrowIfAborted()
    {
        if (_aborted is { } reason)
        {
            throw new ExchangeAbortedException(reason);
        }
    }

    private bool AllReached(long point)
    {
        foreach (ref var rank in _reached.AsSpan())
        {
            if (Volatile.Read(ref rank.Value) < point)
            {
                return false;
            }
        }

        return true;
    }

    private IEnumerable<string> Missing(long point) =>
        _names.Where((_, rank) => Volatile.Read(ref _reached[rank].Value) < point);

    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct PaddedLong
    {
        [FieldOffset(64)]
        public long Value;
    }
}
