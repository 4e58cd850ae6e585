using System.Net.Sockets;

namespace Cluster.Train.Exchange.Peers;

/// <summary>
/// Bytes to and from one other member without ever blocking, so that one thread drives all of a member's links.
/// <see cref="TrySend"/> and <see cref="TryReceive"/> belong to that thread, <see cref="Shutdown"/> to any.
/// </summary>
internal abstract class TensorLink(TensorConnection connection) : IDisposable
{
    /// <summary>The answer of a link that is closed.</summary>
    internal const int Closed = -1;

    protected TensorConnection Connection { get; } = connection;

    /// <summary>The socket to wait on; null where waiting is for something else.</summary>
    internal abstract Socket? Waitable { get; }

    /// <summary>Whether what was sent is in the system's hands, and reaches the peer even if this member leaves.</summary>
    internal virtual bool IsFlushed => true;

    /// <summary>Sends what can be sent now: the number of bytes, 0 if none, <see cref="Closed"/>.</summary>
    internal abstract int TrySend(ReadOnlySpan<byte> bytes);

    /// <summary>Receives what is there: the number of bytes, 0 if none, <see cref="Closed"/>.</summary>
    internal abstract int TryReceive(Span<byte> bytes);

    /// <summary>Ends both directions and frees whoever waits.</summary>
    internal virtual void Shutdown() => Connection.Shutdown();

    public virtual void Dispose()
    {
        Shutdown();
        Connection.Dispose();
    }
}

/// <summary>A link over a bare socket: each call is one system call.</summary>
internal sealed class PlainLink(TensorConnection connection) : TensorLink(connection)
{
    private readonly Socket _socket = connection.Socket;

    internal override Socket? Waitable => _socket;

    internal override int TrySend(ReadOnlySpan<byte> bytes)
    {
        var count = _socket.Send(bytes, SocketFlags.None, out var error);
        return error == SocketError.Success ? count : Explain(error);
    }

    internal override int TryReceive(Span<byte> bytes)
    {
        var count = _socket.Receive(bytes, SocketFlags.None, out var error);
        return error == SocketError.Success ? (count == 0 ? Closed : count) : Explain(error);
    }

    private static int Explain(SocketError error) =>
        error is SocketError.WouldBlock or SocketError.IOPending or SocketError.TryAgain or SocketError.NoBufferSpaceAvailable ? 0 : Closed;
}
