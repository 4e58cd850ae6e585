using System.Net.Sockets;

namespace Cluster.Train.Exchange.Tcp;

/// <summary>Where a member's thread sleeps when no link can go on.</summary>
internal sealed class LinkWait : IDisposable
{
    private readonly List<Socket> _readable = [];
    private readonly List<Socket> _writable = [];

    /// <summary>Set by links that are no sockets.</summary>
    internal AutoResetEvent Progress { get; } = new(initialState: false);

    /// <summary>Returns when a link can go on, was closed, or the time is over.</summary>
    internal void Wait(ReadOnlySpan<PeerStreams> peers, TimeSpan limit)
    {
        _readable.Clear();
        _writable.Clear();
        foreach (var peer in peers)
        {
            if (peer.Link.Waitable is not { } socket)
            {
                Progress.WaitOne(limit);
                return;
            }

            if (peer.Incoming.IsWaiting)
            {
                _readable.Add(socket);
            }

            if (peer.Outgoing.IsWaiting)
            {
                _writable.Add(socket);
            }
        }

        try
        {
            Socket.Select(_readable, _writable, checkError: null, limit);
        }
        catch (SocketException)
        {
            // Whatever it is, the next attempt to send or receive reports it with the peer's name.
        }
    }

    public void Dispose() => Progress.Dispose();
}
