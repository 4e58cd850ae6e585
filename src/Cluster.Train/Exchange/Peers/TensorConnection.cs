using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Cluster.Train.Exchange.Peers;

/// <summary>What a connection is for; said in its handshake.</summary>
internal enum ConnectionPurpose : byte
{
    /// <summary>Notes between members while a generation is set up, and the sign that the other is still there.</summary>
    Control = 1,

    /// <summary>Contributions and finished slices.</summary>
    Tensors = 2,

    /// <summary>Pieces of snapshots; calls a process, not a member.</summary>
    State = 3,

    /// <summary>The sign that a process is still there, for a coordinator that is no member; calls a process.</summary>
    Watch = 4,
}

/// <summary>A connection between two processes: a socket, under TLS where that is configured.</summary>
internal sealed class TensorConnection : IDisposable
{
    /// <summary>TCP_CONGESTION of tcp(7).</summary>
    private const int TcpCongestion = 13;

    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(5);

    private TensorConnection(Socket socket, SslStream? tls)
    {
        Socket = socket;
        Tls = tls;
        Handshaking = tls ?? (Stream)new NonBlockingStream(socket);
    }

    /// <summary>The socket; not blocking, and without an asynchronous operation so far, unless there is TLS.</summary>
    internal Socket Socket { get; }

    /// <summary>The TLS stream; null for a plain connection.</summary>
    internal SslStream? Tls { get; }

    /// <summary>For the handshake: has ReadAsync and WriteAsync.</summary>
    internal Stream Handshaking { get; }

    /// <summary>Takes over an accepted socket.</summary>
    internal static async Task<TensorConnection> AcceptAsync(Socket socket, TensorSecurity? security, CancellationToken cancellation)
    {
        Configure(socket);
        EndPacingWithinHost(socket);
        if (security is null)
        {
            return new TensorConnection(socket, tls: null);
        }

        var tls = new SslStream(BlockingStream(socket));
        await tls.AuthenticateAsServerAsync(security.ServerOptions(), cancellation).ConfigureAwait(false);
        return new TensorConnection(socket, tls);
    }

    /// <summary>Connects to an address.</summary>
    internal static async Task<TensorConnection> ConnectAsync(IPEndPoint address, TensorSecurity? security, CancellationToken cancellation)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            Configure(socket);
            await ConnectAsync(socket, address, cancellation).ConfigureAwait(false);
            EndPacingWithinHost(socket);
            if (security is null)
            {
                return new TensorConnection(socket, tls: null);
            }

            var tls = new SslStream(BlockingStream(socket));
            await tls.AuthenticateAsClientAsync(security.ClientOptions(), cancellation).ConfigureAwait(false);
            return new TensorConnection(socket, tls);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>For ordinary asynchronous reading and writing after the handshake, where latency does not count.</summary>
    internal Stream AsStream() => Tls ?? (Stream)BlockingStream(Socket);

    /// <summary>Ends both directions, so that whoever waits on the connection is freed; any thread.</summary>
    internal void Shutdown()
    {
        try
        {
            Socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // It is closed already.
        }
    }

    public void Dispose()
    {
        Tls?.Dispose();
        Socket.Dispose();
    }

    private static void Configure(Socket socket)
    {
        socket.Blocking = false;
        socket.NoDelay = true;
        // A host that vanished without a word is noticed even where nothing is being sent.
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, (int)KeepAlive.TotalSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 1);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, (int)KeepAlive.TotalSeconds);
    }

    /// <summary>
    /// Within a host there is no congestion to control, and an algorithm that paces what is sent, as BBR does, takes a
    /// third of the throughput. Reno, which every Linux has, does not. Between hosts the system's choice stands.
    /// </summary>
    private static void EndPacingWithinHost(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            if (socket is { LocalEndPoint: IPEndPoint here, RemoteEndPoint: IPEndPoint there } && here.Address.Equals(there.Address))
            {
                socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, TcpCongestion, "reno"u8);
            }
        }
        catch (SocketException)
        {
            // The administrator has forbidden it, or the connection is closed already, which its first use will find.
        }
    }

    private static async Task ConnectAsync(Socket socket, IPEndPoint address, CancellationToken cancellation)
    {
        try
        {
            socket.Connect(address);
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            while (!socket.Poll(0, SelectMode.SelectWrite) && !socket.Poll(0, SelectMode.SelectError))
            {
                await Task.Delay(1, cancellation).ConfigureAwait(false);
            }

            var outcome = (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
            if (outcome != 0)
            {
                throw new SocketException(outcome);
            }
        }
    }

    private static NetworkStream BlockingStream(Socket socket)
    {
        socket.Blocking = true;
        return new NetworkStream(socket, ownsSocket: false);
    }
}
