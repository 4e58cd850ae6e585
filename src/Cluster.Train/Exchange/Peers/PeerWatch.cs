using System.Collections.Immutable;

namespace Cluster.Train.Exchange.Peers;

/// <summary>
/// Notices at once when a member's process is gone, for a coordinator that is no member: it has a connection to each
/// process's listener, on which nothing is ever sent.
/// </summary>
internal sealed class PeerWatch : IDisposable
{
    private readonly CancellationTokenSource _disposed = new();
    private readonly Lock _gate = new();
    private readonly List<TensorConnection> _connections = [];
    private readonly Action<PeerLoss> _lost;
    private bool _isDisposed;

    private PeerWatch(Action<PeerLoss> lost) => _lost = lost;

    /// <summary>How many processes have let the watcher in so far.</summary>
    internal int Connected
    {
        get
        {
            lock (_gate)
            {
                return _connections.Count;
            }
        }
    }

    /// <summary>Begins to watch the members of a generation. Returns at once.</summary>
    /// <param name="roster">The generation; a member without an endpoint is not watched.</param>
    /// <param name="security">TLS; null for plain connections.</param>
    /// <param name="timeout">How long a process may take to learn of the generation and let the watcher in.</param>
    /// <param name="lost">
    /// Is told of a member, once, when its process is gone or cannot be reached; on a thread of the pool,
    /// and not after <see cref="Dispose"/> has returned.
    /// </param>
    public static PeerWatch Start(ExchangeRoster roster, TensorSecurity? security, TimeSpan timeout, Action<PeerLoss> lost)
    {
        var watch = new PeerWatch(lost);
        // The rank after the last is that of a coordinator that is no member.
        var caller = new PeerCaller(roster, roster.Members.Length, security);
        foreach (var member in roster.Members.Where(member => member.Endpoint is not null))
        {
            // A call waits for its peer: on a thread of its own until it is through.
            _ = Task.Factory.StartNew(
                () => watch.Watch(caller, member, timeout), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        return watch;
    }

    /// <summary>Ends watching.</summary>
    public void Dispose()
    {
        ImmutableArray<TensorConnection> connections;
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            connections = [.. _connections];
        }

        _disposed.Cancel();
        foreach (var connection in connections)
        {
            connection.Shutdown();
            connection.Dispose();
        }
    }

    private void Watch(PeerCaller caller, ExchangeMember member, TimeSpan timeout)
    {
        TensorConnection connection;
        try
        {
            connection = caller.CallProcess(
                $"{member.Name} at {member.Endpoint}", member.Endpoint!, ConnectionPurpose.Watch, timeout, _disposed.Token);
        }
        catch (Exception error) when (error is ExchangeAbortedException or BadInputException)
        {
            Tell(new PeerLoss(member.Rank, error.Message, NeverReached: true));
            return;
        }

        lock (_gate)
        {
            if (_isDisposed)
            {
                connection.Dispose();
                return;
            }

            _connections.Add(connection);
        }

        _ = WaitForEndAsync(connection, member);
    }

    private async Task WaitForEndAsync(TensorConnection connection, ExchangeMember member)
    {
        try
        {
            // Nothing is due: whatever comes, this is no peer of ours any more.
            _ = await connection.AsStream().ReadAsync(new byte[1]).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // Closed, by the peer or by us: told below.
        }

        Tell(new PeerLoss(member.Rank, ExchangeMesh.LostMessage(member)));
    }

    private void Tell(PeerLoss loss)
    {
        // Within the lock, so that nothing is told after the end.
        lock (_gate)
        {
            if (!_isDisposed)
            {
                _lost(loss);
            }
        }
    }
}
