using System.Diagnostics;

namespace Cluster.Train.Exchange.Peers;

/// <summary>
/// The authenticated control connections of one member of a generation to all others: they agree on something while
/// the generation is set up (<see cref="AllGather"/>), notice at once when one is gone, and open further connections.
/// They carry no tensors: behind bytes that wait to be read, the end of a connection could not be seen.
/// The lower rank of a pair calls the higher.
/// </summary>
internal sealed class ExchangeMesh : IDisposable
{
    /// <summary>The longest note of <see cref="AllGather"/>, in bytes.</summary>
    public const int LongestNote = MeshPeer.LongestNote;

    private readonly MemberConnections _seat;
    private readonly PeerCaller _caller;
    private readonly Action<ExchangeMember>? _lost;
    private readonly CancellationTokenSource _ended = new();
    private readonly MeshPeer?[] _peers;
    private readonly Lock _gate = new();
    private bool _disposed;

    private ExchangeMesh(ExchangeRoster roster, int rank, TensorListener listener, Action<ExchangeMember>? lost)
    {
        Roster = roster;
        Rank = rank;
        IsEncrypted = listener.Security is not null;
        _caller = new PeerCaller(roster, rank, listener.Security);
        _seat = listener.Register(roster, rank);
        _lost = lost;
        _peers = new MeshPeer?[roster.Members.Length];
    }

    /// <summary>The generation.</summary>
    public ExchangeRoster Roster { get; }

    /// <summary>This member's rank.</summary>
    public int Rank { get; }

    /// <summary>The first member whose connection ended; null while all are there.</summary>
    public ExchangeMember? FirstLost { get; private set; }

    /// <summary>Whether connections are under TLS.</summary>
    internal bool IsEncrypted { get; }

    /// <summary>Cancelled when the first member is lost, or this mesh is disposed.</summary>
    internal CancellationToken Ended => _ended.Token;

    /// <summary>Connects a member with all others of its generation; returns when they are there.</summary>
    /// <param name="roster">The generation.</param>
    /// <param name="rank">The caller's rank; its endpoint is the listener's.</param>
    /// <param name="listener">This process's listener.</param>
    /// <param name="timeout">How long the others are waited for.</param>
    /// <param name="lost">
    /// Called once for each member whose connection ends before this mesh is disposed, at any time after it was
    /// connected, on a thread of the pool.
    /// </param>
    /// <param name="abort">Ends waiting.</param>
    /// <exception cref="ExchangeAbortedException">Somebody did not come, refused, or is gone; the message says who.</exception>
    public static ExchangeMesh Connect(
        ExchangeRoster roster, int rank, TensorListener listener, TimeSpan timeout,
        Action<ExchangeMember>? lost = null, CancellationToken abort = default)
    {
        var mesh = new ExchangeMesh(roster, rank, listener, lost);
        try
        {
            mesh.Open(ConnectionPurpose.Control, Enumerable.Range(0, roster.Members.Length), timeout, mesh.Add, abort);
            return mesh;
        }
        catch
        {
            mesh.Dispose();
            throw;
        }
    }

    /// <summary>Gives every member's note to every member. All members call it equally often.</summary>
    /// <param name="mine">This member's note, at most <see cref="LongestNote"/> bytes.</param>
    /// <param name="timeout">How long the others are waited for.</param>
    /// <returns>The notes by rank, this member's among them.</returns>
    /// <exception cref="ExchangeAbortedException">Somebody is gone or did not send its note in time; the message says who.</exception>
    public byte[][] AllGather(ReadOnlySpan<byte> mine, TimeSpan timeout)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(mine.Length, LongestNote);
        foreach (var peer in _peers)
        {
            try
            {
                peer?.Send(mine);
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException)
            {
                throw new ExchangeAbortedException(LostMessage(peer!.Member));
            }
        }

        var started = Stopwatch.GetTimestamp();
        var notes = new byte[_peers.Length][];
        for (var rank = 0; rank < notes.Length; rank++)
        {
            notes[rank] = _peers[rank] is { } peer ? Receive(peer, timeout, started) : mine.ToArray();
        }

        return notes;
    }

    /// <summary>Closes the connections and leaves the generation, which is stale from now on.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        _ended.Cancel();
        _seat.Dispose();
        foreach (var peer in _peers)
        {
            peer?.Dispose();
        }
    }

    /// <summary>Closes the connections as the loss of the network would: this member and its peers lose each other.</summary>
    internal void Sever()
    {
        foreach (var peer in _peers)
        {
            peer?.Sever();
        }
    }

    /// <summary>What is said of a member whose connection ended.</summary>
    internal static string LostMessage(ExchangeMember member) => $"the connection to {member.Name} was closed";

    /// <summary>Opens a further connection with each of some members, who do the same.</summary>
    /// <param name="purpose">What for; once for each purpose.</param>
    /// <param name="peers">Their ranks; this member's own is passed over.</param>
    /// <param name="timeout">How long they are waited for.</param>
    /// <param name="opened">Takes over each connection.</param>
    /// <param name="abort">Ends waiting.</param>
    /// <exception cref="ExchangeAbortedException">Somebody did not come, refused, or is gone; the message says who.</exception>
    internal void Open(
        ConnectionPurpose purpose, IEnumerable<int> peers, TimeSpan timeout, Action<int, TensorConnection> opened, CancellationToken abort)
    {
        var started = Stopwatch.GetTimestamp();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(abort, _ended.Token);
        // Higher ranks are called first: whoever calls this member gets through without its help.
        foreach (var peer in peers.Where(peer => peer != Rank).OrderDescending())
        {
            var left = timeout - Stopwatch.GetElapsedTime(started);
            left = left > TimeSpan.Zero ? left : TimeSpan.Zero;
            try
            {
                opened(peer, peer > Rank ? _caller.Call(peer, purpose, left, ended.Token) : WaitFor(peer, purpose, left, timeout, ended.Token));
            }
            catch (ExchangeAbortedException) when (FirstLost is { } lost)
            {
                throw new ExchangeAbortedException(LostMessage(lost));
            }
            catch (ExchangeAbortedException error) when (!ended.IsCancellationRequested)
            {
                throw new ExchangeAbortedException(error.Message, peer);
            }
        }
    }

    private void Add(int rank, TensorConnection connection)
    {
        var peer = _peers[rank] = new MeshPeer(Roster.Members[rank], connection, OnEnded);
        peer.Start();
    }

    private TensorConnection WaitFor(int peer, ConnectionPurpose purpose, TimeSpan left, TimeSpan timeout, CancellationToken ended)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ended);
        deadline.CancelAfter(left);
        try
        {
            return _seat.Take(purpose, peer, deadline.Token);
        }
        catch (OperationCanceledException)
        {
            throw new ExchangeAbortedException(
                ended.IsCancellationRequested ? Invariant($"generation {Roster.Generation} was ended while {Roster.Members[peer].Name} was waited for")
                : Invariant($"waited {timeout.TotalSeconds:0} s for {Roster.Members[peer].Name} to join generation {Roster.Generation}: it did not connect"));
        }
    }

    private byte[] Receive(MeshPeer peer, TimeSpan timeout, long started)
    {
        var left = timeout - Stopwatch.GetElapsedTime(started);
        try
        {
            if (peer.Receive(left > TimeSpan.Zero ? left : TimeSpan.Zero, _ended.Token) is { } note)
            {
                return note;
            }
        }
        catch (OperationCanceledException)
        {
            // Told below: who was lost first, or that this member left.
        }

        throw new ExchangeAbortedException(
            FirstLost is { } lost ? LostMessage(lost)
            : _disposed ? Invariant($"generation {Roster.Generation} was ended")
            : Invariant($"waited {timeout.TotalSeconds:0} s for {peer.Member.Name} to agree on generation {Roster.Generation}"));
    }

    private void OnEnded(MeshPeer peer)
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            FirstLost ??= peer.Member;
        }

        _ended.Cancel();
        _lost?.Invoke(peer.Member);
    }
}
