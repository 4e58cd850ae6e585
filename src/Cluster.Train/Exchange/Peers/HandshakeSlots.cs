namespace Cluster.Train.Exchange.Peers;

/// <summary>A connection that has not proved who it is.</summary>
internal sealed class HandshakeAttempt(TimeSpan timeout) : IDisposable
{
    private readonly CancellationTokenSource _end = new(timeout);

    /// <summary>Whether a whole hello has come.</summary>
    internal bool HasGreeted { get; set; }

    /// <summary>Whether it had to make room for another.</summary>
    internal bool WasEvicted { get; private set; }

    /// <summary>Cancelled at the deadline or when its place is needed.</summary>
    internal CancellationToken End => _end.Token;

    public void Dispose() => _end.Dispose();

    internal void Evict()
    {
        WasEvicted = true;
        // Not on this thread: the attempt's continuation would run inside the accept loop.
        _ = _end.CancelAsync();
    }
}

/// <summary>
/// Bounds how many connections may be unauthenticated at once. When all places are taken, the oldest connection that
/// has not even sent its hello makes room: a crowd of silent connections does not keep a member out, whose
/// hello comes with its first packet. If all have greeted, the new one is turned away.
/// </summary>
internal sealed class HandshakeSlots(int limit)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<HandshakeAttempt> _attempts = [];

    /// <summary>Connections without authentication now.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _attempts.Count;
            }
        }
    }

    /// <summary>Takes a place; false if there is none.</summary>
    internal bool TryEnter(HandshakeAttempt attempt)
    {
        lock (_gate)
        {
            if (_attempts.Count >= limit)
            {
                var oldest = _attempts.FirstOrDefault(other => !other.HasGreeted);
                if (oldest is null)
                {
                    return false;
                }

                _attempts.Remove(oldest);
                oldest.Evict();
            }

            _attempts.AddLast(attempt);
            return true;
        }
    }

    /// <summary>Gives the place back.</summary>
    internal void Leave(HandshakeAttempt attempt)
    {
        lock (_gate)
        {
            _attempts.Remove(attempt);
        }
    }
}
