using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;

namespace Cluster.Train.Exchange.SharedMemory;

/// <summary>
/// Where processes that map the same memory meet between the phases of a step. Each rank publishes how far it is on a
/// cache line of its own; whoever waits spins for a short while and then sleeps on a word that the last arrival changes.
/// A waiter is freed by that arrival, by an abort in whatever process, or by its timeout. The death of a process is not
/// seen here: whoever notices it aborts.
/// </summary>
internal sealed unsafe class SharedBarrier : IStepBarrier
{
    private const int LongestReason = 1024;
    private const int AbortState = 0;
    private const int ReasonLength = sizeof(int);
    private const int Wakes = SegmentLayout.Line;
    private const int Sleepers = 2 * SegmentLayout.Line;
    private const int Reason = 3 * SegmentLayout.Line;
    private const int Ranks = Reason + LongestReason;

    private const int Writing = 1;
    private const int Written = 2;

    private static readonly TimeSpan Spin = TimeSpan.FromMicroseconds(50);
    private static readonly TimeSpan WritingTimeout = TimeSpan.FromMilliseconds(100);

    private readonly byte* _memory;
    private readonly string[] _names;
    private readonly StepPatience _patience;
    private readonly long _spinTicks;
    private readonly Lock _gate = new();
    private bool _closed;

    /// <summary>Takes part in a barrier.</summary>
    /// <param name="memory">Shared memory of <see cref="Length"/> bytes, zero before the first member comes.</param>
    /// <param name="names">The ranks' names, for messages.</param>
    /// <param name="patience">How long a rank waits for the others.</param>
    internal SharedBarrier(byte* memory, IEnumerable<string> names, StepPatience patience)
    {
        _memory = memory;
        (_names, _patience) = ([.. names], patience);
        // Spinning while another rank needs the core would only keep it from arriving.
        _spinTicks = _names.Length <= Environment.ProcessorCount ? (long)(Spin.TotalSeconds * Stopwatch.Frequency) : 0;
    }

    /// <summary>Bytes of shared memory that a barrier needs.</summary>
    internal static int Length(int ranks) => Ranks + (ranks * SegmentLayout.Line);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Arrive(int rank, long point, MeetingPoint phase)
    {
        ThrowIfAborted();
        // A full fence: of those who come last, one at least sees that all have come; and the store is visible before
        // the number of sleepers is read, or one could be missed. Zero means "has reached nothing", hence the one.
        Interlocked.Exchange(ref *Reached(rank), point + 1);
        if (AllReached(point))
        {
            Wake();
            return;
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
            if (!_closed)
            {
                WriteReason(reason);
                Interlocked.Increment(ref *Word(Wakes));
                Futex.WakeAll(Word(Wakes));
            }
        }
    }

    /// <summary>Says that the memory is about to go: what is aborted later has no effect.</summary>
    internal void Close()
    {
        lock (_gate)
        {
            _closed = true;
        }
    }

    private void Wake()
    {
        if (Volatile.Read(ref *Word(Sleepers)) > 0)
        {
            Interlocked.Increment(ref *Word(Wakes));
            Futex.WakeAll(Word(Wakes));
        }
    }

    private void Sleep(long point, long start, MeetingPoint phase)
    {
        Interlocked.Increment(ref *Word(Sleepers));
        try
        {
            // The word is read before the last look at what is waited for: a wake in between keeps the kernel from sleeping.
            var wakes = Volatile.Read(ref *Word(Wakes));
            if (AllReached(point) || Volatile.Read(ref *Word(AbortState)) != 0)
            {
                return;
            }

            var left = MeetingPoints.Left(_patience, point, start);
            if (left > TimeSpan.Zero)
            {
                Futex.SleepWhile(Word(Wakes), wakes, left);
                return;
            }

            var missing = _names.Where((_, rank) => Volatile.Read(ref *Reached(rank)) <= point);
            Abort(MeetingPoints.TimedOut(_patience.Limit, missing, point, phase));
        }
        finally
        {
            Interlocked.Decrement(ref *Word(Sleepers));
        }
    }

    private void ThrowIfAborted()
    {
        if (Volatile.Read(ref *Word(AbortState)) != 0)
        {
            throw new ExchangeAbortedException(ReadReason());
        }
    }

    private void WriteReason(string reason)
    {
        if (Interlocked.CompareExchange(ref *Word(AbortState), Writing, 0) == 0)
        {
            Encoding.UTF8.GetEncoder().Convert(
                reason, new Span<byte>(_memory + Reason, LongestReason), flush: true, out _, out var length, out _);
            *Word(ReasonLength) = length;
            Volatile.Write(ref *Word(AbortState), Written);
        }
    }

    private string ReadReason()
    {
        // The writer may have died between its two writes.
        var written = SpinWait.SpinUntil(() => Volatile.Read(ref *Word(AbortState)) == Written, WritingTimeout);
        return written
            ? Encoding.UTF8.GetString(_memory + Reason, Math.Clamp(*Word(ReasonLength), 0, LongestReason))
            : "the generation was ended by a member that is gone";
    }

    private bool AllReached(long point)
    {
        for (var rank = 0; rank < _names.Length; rank++)
        {
            if (Volatile.Read(ref *Reached(rank)) <= point)
            {
                return false;
            }
        }

        return true;
    }

    private int* Word(int offset) => (int*)(_memory + offset);

    private long* Reached(int rank) => (long*)(_memory + Ranks + (rank * SegmentLayout.Line));
}
