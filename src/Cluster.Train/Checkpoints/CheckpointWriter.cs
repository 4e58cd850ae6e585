using Cluster.Train.Machine;

namespace Cluster.Train.Checkpoints;

/// <summary>
/// Writes checkpoints on a thread of its own, so that training does not wait for the disk. One is being written and
/// at most one waits; a newer one takes the place of the one that waits, since it would replace it on disk as well, unless
/// that is the best so far, which is kept on disk: then two wait.
/// So a slow disk makes checkpoints rarer, never training slower or memory larger. Thread-safe.
/// </summary>
internal sealed class CheckpointWriter : IDisposable
{
    /// <summary>How long <see cref="Dispose"/> waits for the checkpoint that is being written.</summary>
    public static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(10);

    private readonly CheckpointStore _store;
    private readonly object _gate = new();
    private readonly Thread _thread;
    private Request? _pending;
    private Request? _best;
    private bool _writing;
    private bool _stopped;

    /// <summary>Starts the thread.</summary>
    /// <param name="store">Where the checkpoints go. Stays the caller's, who disposes it after this.</param>
    public CheckpointWriter(CheckpointStore store)
    {
        _store = store;
        _thread = WorkThread.Start("checkpoints", Work);
    }

    /// <summary>Hands a checkpoint over and returns at once.</summary>
    /// <param name="content">Its tensors' values stay unchanged until the task is done.</param>
    /// <returns>
    /// How it went; never fails. A checkpoint that was not written has no path, and a notice that says why: no space,
    /// or a newer one took its place.
    /// </returns>
    public Task<CheckpointOutcome> Submit(CheckpointContent content)
    {
        var request = new Request(content);
        Request?[] replaced;
        lock (_gate)
        {
            if (_stopped)
            {
                request.Skip("the program is ending");
                return request.Outcome;
            }

            if (content.Manifest.KeptBest == content.Manifest.Step)
            {
                replaced = [_best, _pending];
                (_best, _pending) = (request, null);
            }
            else
            {
                replaced = [_pending];
                _pending = request;
            }

            Monitor.PulseAll(_gate);
        }

        foreach (var passedOver in replaced) passedOver?.Skip($"the disk is slow, and {content.Manifest.DirectoryName} takes its place", passedOver: true);
        return request.Outcome;
    }

    /// <summary>Waits until everything that was submitted is written or has failed.</summary>
    /// <returns>Whether that is so; false after the timeout.</returns>
    public bool Flush(TimeSpan timeout)
    {
        var deadline = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        lock (_gate)
        {
            while (_pending is not null || _best is not null || _writing)
            {
                var left = deadline - Environment.TickCount64;
                if (left <= 0) return false;
                Monitor.Wait(_gate, (int)Math.Min(left, int.MaxValue));
            }

            return true;
        }
    }

    /// <summary>
    /// Ends the thread. What waits is not written any more (see <see cref="Flush"/>); what is being written has
    /// <see cref="StopTimeout"/> to come to its end.
    /// </summary>
    public void Dispose()
    {
        Request?[] dropped;
        lock (_gate)
        {
            _stopped = true;
            dropped = [_best, _pending];
            (_best, _pending) = (null, null);
            Monitor.PulseAll(_gate);
        }

        foreach (var waiting in dropped) waiting?.Skip("the program is ending");
        _thread.Join(StopTimeout);
    }

    private void Work()
    {
        while (Next() is { } request)
        {
            request.Complete(Write(request.Content));
            lock (_gate)
            {
                _writing = false;
                Monitor.PulseAll(_gate);
            }
        }
    }

    private Request? Next()
    {
        lock (_gate)
        {
            while (_pending is null && _best is null)
            {
                if (_stopped) return null;
                Monitor.Wait(_gate);
            }

            // The best is the older one, where both wait.
            var request = _best ?? _pending;
            if (_best is null) _pending = null;
            else _best = null;
            _writing = true;
            return request;
        }
    }

    private CheckpointOutcome Write(CheckpointContent content)
    {
        try
        {
            return _store.Save(content);
        }
        catch (CheckpointException exception)
        {
            return new CheckpointOutcome(content.Manifest.Step, Path: null, exception.Message);
        }
    }

    private sealed class Request(CheckpointContent content)
    {
        private readonly TaskCompletionSource<CheckpointOutcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal CheckpointContent Content => content;

        internal Task<CheckpointOutcome> Outcome => _outcome.Task;

        internal void Complete(CheckpointOutcome outcome) => _outcome.SetResult(outcome);

        internal void Skip(string reason, bool passedOver = false) => Complete(new CheckpointOutcome(
            content.Manifest.Step, Path: null, $"checkpoint {content.Manifest.DirectoryName} was not written: {reason}", passedOver));
    }
}
