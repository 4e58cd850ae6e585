using System.Diagnostics;
using Cluster.Train.Machine;

namespace Cluster.Train.Training;

/// <summary>
/// Reads batches ahead on a thread of its own, into a bounded ring of slots. While there is data a batch changes hands
/// by two counters, without a lock or a system call; the loader sleeps when the ring is full and is woken when it is
/// half empty, so that one wake-up pays for many small batches. One consumer thread.
/// </summary>
internal sealed class PrefetchRing : IDisposable
{
    private const long MemoryBound = 8 << 20;
    private const int FewestSlots = 2;
    private const int MostSlots = 256;
    private static readonly TimeSpan s_joinTimeout = TimeSpan.FromSeconds(5);

    // A wait handle takes no more than 24 days at once; a step timeout may be any time.
    private static readonly TimeSpan s_longestWait = TimeSpan.FromHours(1);

    private readonly string _task;
    private readonly IDataset _dataset;
    private readonly BatchSlots _slots;
    private readonly int[] _counts;
    private readonly ulong[,] _contents;
    private readonly TimeSpan _timeout;
    private readonly string _threadName;
    private readonly AutoResetEvent _wakeLoader = new(initialState: false);
    private readonly AutoResetEvent _wakeConsumer = new(initialState: false);
    private Thread? _thread;
    private Run? _run;
    private int _loaderSleeps;
    private int _consumerWaits;
    private volatile bool _stop;

    internal PrefetchRing(string task, IDataset dataset, int samples, TimeSpan timeout, string threadName)
    {
        _task = task;
        _dataset = dataset;
        _timeout = timeout;
        _threadName = threadName;
        _slots = new BatchSlots(dataset.Fields, samples, SlotsFor(BatchSlots.SlotBytes(dataset.Fields, samples)));
        _counts = new int[_slots.Count];
        _contents = new ulong[_slots.Count, dataset.Fields.Count];
    }

    /// <summary>Batches that can be ahead, the one in use included.</summary>
    internal int Depth => _slots.Count;

    /// <summary>Batches of the current sequence that have been read. For tests.</summary>
    internal long Filled => _run is { } run ? Volatile.Read(ref run.Filled) : 0;

    /// <summary>As many slots as fit into the memory bound, within limits.</summary>
    internal static int SlotsFor(long slotBytes) => (int)Math.Clamp(MemoryBound / Math.Max(1, slotBytes), FewestSlots, MostSlots);

    /// <summary>Begins a sequence; what was read of another is dropped. A batch handed out before is no longer valid.</summary>
    internal void Start(BatchSequence sequence)
    {
        ObjectDisposedException.ThrowIf(_stop, this);
        Volatile.Write(ref _run, new Run(sequence));
        if (_thread is null)
        {
            _thread = WorkThread.Start(_threadName, Load);
        }

        Interlocked.MemoryBarrier();
        WakeLoader();
    }

    /// <summary>
    /// Goes back to the first batch. A sequence that fits into the ring is not read again.
    /// </summary>
    internal void Rewind()
    {
        var run = _run ?? throw new InvalidOperationException("no sequence was started");
        if (IsKept(run) && Volatile.Read(ref run.Fault) is null)
        {
            run.Next = 0;
            Volatile.Write(ref run.Released, 0);
        }
        else
        {
            Start(run.Sequence);
        }
    }

    /// <summary>Makes sure that the batches that are kept for the next time are still what was read. To be called after the last one.</summary>
    /// <exception cref="BadInputException">One was changed; names the field and the samples.</exception>
    internal void VerifyKept()
    {
        var run = _run ?? throw new InvalidOperationException("no sequence was started");
        for (var position = 0L; IsKept(run) && position < run.Sequence.Length; position++)
        {
            for (var field = 0; field < _dataset.Fields.Count; field++)
            {
                if (_slots.Content((int)position, _counts[position], field) != _contents[position, field])
                {
                    throw new BadInputException(
                        $"task '{_task}': Predict, Loss or Count changed {BatchGuard.Name(field)} in place at {run.Sequence.Describe(position)}; {BatchGuard.Advice}");
                }
            }
        }
    }

    /// <summary>The next batch of the sequence, valid until the next call. Waits for it if it is not there yet.</summary>
    /// <exception cref="BadInputException">The dataset refused what it read.</exception>
    /// <exception cref="TrainingFaultException">The dataset threw, or was waited for too long.</exception>
    internal Batch Next()
    {
        ObjectDisposedException.ThrowIf(_stop, this);
        var run = _run ?? throw new InvalidOperationException("no sequence was started");
        var position = run.Next;
        if (position >= run.Sequence.Length)
        {
            throw new InvalidOperationException($"all {run.Sequence.Length} batches were taken");
        }

        // A full fence, so that either this thread sees the loader asleep or the loader sees the slot released.
        Interlocked.Exchange(ref run.Released, position);
        if (Volatile.Read(ref _loaderSleeps) != 0 && WorthWaking(run))
        {
            WakeLoader();
        }

        if (Volatile.Read(ref run.Filled) <= position)
        {
            Await(run, position);
        }

        run.Next = position + 1;
        var slot = (int)(position % Depth);
        return _slots.BatchIn(slot, _counts[slot]);
    }

    /// <summary>Ends the loader thread and frees the tensors. Called by the consumer thread.</summary>
    public void Dispose()
    {
        if (_stop)
        {
            return;
        }

        _stop = true;
        _wakeLoader.Set();
        var ended = _thread?.Join(s_joinTimeout) ?? true;
        _slots.Dispose();
        if (ended)
        {
            // A loader that hangs in the dataset still refers to them; it ends when that returns.
            _wakeLoader.Dispose();
            _wakeConsumer.Dispose();
        }
    }

    private void Await(Run run, long position)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            Interlocked.Exchange(ref _consumerWaits, 1);
            if (Volatile.Read(ref run.Filled) > position)
            {
                break;
            }

            if (Volatile.Read(ref run.Fault) is { } fault)
            {
                throw Failed(run.Sequence.Describe(position), fault);
            }

            var left = _timeout - ProcessTime.Since(since);
            if (left <= TimeSpan.Zero)
            {
                throw new TrainingFaultException(
                    Invariant($"task '{_task}': waited {_timeout.TotalSeconds:0.###} s for Read (data) at {run.Sequence.Describe(position)}"));
            }

            _wakeConsumer.WaitOne(left < s_longestWait ? left : s_longestWait);
        }

        Volatile.Write(ref _consumerWaits, 0);
    }

    private Exception Failed(string batch, Exception fault)
    {
        var message = $"task '{_task}' failed in Read (data) at {batch}: {OneLine.Of(fault.Message)}";
        return fault is BadInputException ? new BadInputException(message, fault) : new TrainingFaultException(message, fault);
    }

    private void Load()
    {
        while (!_stop)
        {
            var run = Volatile.Read(ref _run)!;
            if (HasWork(run))
            {
                Fill(run);
                continue;
            }

            Interlocked.Exchange(ref _loaderSleeps, 1);
            if (!_stop && ReferenceEquals(run, Volatile.Read(ref _run)) && !WorthWaking(run))
            {
                _wakeLoader.WaitOne();
            }

            Volatile.Write(ref _loaderSleeps, 0);
        }
    }

    private void Fill(Run run)
    {
        var position = run.Filled;
        var slot = (int)(position % Depth);
        try
        {
            var (samples, epoch) = run.Sequence.At(position);
            if (samples.Length > 0)
            {
                _dataset.Read(samples.Span, epoch, _slots.Buffers(slot, _dataset, samples.Span));
            }

            _counts[slot] = samples.Length;
            for (var field = 0; IsKept(run) && field < _dataset.Fields.Count; field++)
            {
                _contents[slot, field] = _slots.Content(slot, samples.Length, field);
            }

            Interlocked.Exchange(ref run.Filled, position + 1);
        }
        catch (Exception exception)
        {
            Interlocked.Exchange(ref run.Fault, exception);
        }

        if (Volatile.Read(ref _consumerWaits) != 0)
        {
            _wakeConsumer.Set();
        }
    }

    private bool IsKept(Run run) => run.Sequence.Repeats && run.Sequence.Length <= Depth;

    private bool HasWork(Run run) => run.Fault is null
        && run.Filled < run.Sequence.Length
        && run.Filled - Volatile.Read(ref run.Released) < Depth;

    private bool WorthWaking(Run run)
    {
        var filled = Volatile.Read(ref run.Filled);
        return Volatile.Read(ref run.Fault) is null
            && filled < run.Sequence.Length
            && filled - Volatile.Read(ref run.Released) <= Depth / 2;
    }

    private void WakeLoader()
    {
        if (Interlocked.Exchange(ref _loaderSleeps, 0) != 0)
        {
            _wakeLoader.Set();
        }
    }

    /// <summary>
    /// How far one sequence has come. A new object for each, so that a read that was under way when the sequence
    /// changed counts for the old one.
    /// </summary>
    private sealed class Run(BatchSequence sequence)
    {
        /// <summary>Batches read; written by the loader.</summary>
        internal long Filled;

        /// <summary>Batches whose slot may be overwritten; written by the consumer.</summary>
        internal long Released;

        /// <summary>What ended the reading.</summary>
        internal Exception? Fault;

        internal BatchSequence Sequence { get; } = sequence;

        /// <summary>The batch that the consumer takes next; its own.</summary>
        internal long Next { get; set; }
    }
}
