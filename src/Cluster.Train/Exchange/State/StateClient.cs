using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Cluster.Train.Exchange.Tcp;

namespace Cluster.Train.Exchange.State;

/// <summary>
/// Fetches pieces of snapshots from one other member of a generation, over a connection of its own. What it reads
/// goes straight to where the caller wants it. For one thread at a time.
/// </summary>
public sealed class StateClient : IDisposable
{
    private readonly ExchangeMember _peer;
    private readonly TensorConnection _connection;
    private readonly Stream _stream;
    private readonly TimeSpan _timeout;

    private StateClient(ExchangeMember peer, TensorConnection connection, TimeSpan timeout)
    {
        _peer = peer;
        _connection = connection;
        _stream = connection.AsStream();
        _timeout = timeout;
        // Seen by each blocking read and write: a peer that says nothing is given up.
        _stream.ReadTimeout = _stream.WriteTimeout = (int)timeout.TotalMilliseconds;
    }

    /// <summary>Connects to a member.</summary>
    /// <param name="roster">The generation that both belong to.</param>
    /// <param name="rank">The caller's rank.</param>
    /// <param name="peer">The rank of the member that is asked.</param>
    /// <param name="security">TLS; null for plain connections.</param>
    /// <param name="timeout">How long the peer is waited for: to be connected, and then for each stretch of bytes.</param>
    /// <param name="abort">Ends waiting for the connection.</param>
    /// <exception cref="ExchangeAbortedException">The peer does not answer or refuses; the message says so.</exception>
    public static StateClient Connect(
        ExchangeRoster roster, int rank, int peer, TensorSecurity? security, TimeSpan timeout, CancellationToken abort = default) =>
        new(roster.Members[peer], new PeerCaller(roster, rank, security).Call(peer, ConnectionPurpose.State, timeout, abort), timeout);

    /// <summary>Fetches a piece.</summary>
    /// <param name="piece">What is wanted.</param>
    /// <param name="values">Gets the values; as long as the piece.</param>
    /// <returns>False if the peer does not hold it; nothing was written then.</returns>
    /// <exception cref="ExchangeAbortedException">The connection broke or fell silent, or another length came; the values may be a mix.</exception>
    public bool TryFetch(StatePiece piece, Span<float> values)
    {
        if (values.Length != piece.Length)
        {
            throw new ArgumentException($"{values.Length} values cannot take {piece}", nameof(values));
        }

        try
        {
            _stream.Write(StateWire.WriteRequest(piece));
            Span<byte> answer = stackalloc byte[StateWire.AnswerSize];
            _stream.ReadExactly(answer);
            var length = BinaryPrimitives.ReadInt64LittleEndian(answer);
            if (length == StateWire.NotHeld)
            {
                return false;
            }

            if (length != piece.Length)
            {
                _connection.Shutdown();
                throw new ExchangeAbortedException($"{_peer.Name} sent {length} values for {piece}");
            }

            _stream.ReadExactly(MemoryMarshal.AsBytes(values));
            return true;
        }
        catch (EndOfStreamException)
        {
            throw new ExchangeAbortedException($"{ExchangeMesh.LostMessage(_peer)} while {piece} was fetched from it");
        }
        catch (IOException error)
        {
            throw new ExchangeAbortedException(
                error.InnerException is System.Net.Sockets.SocketException { SocketErrorCode: System.Net.Sockets.SocketError.TimedOut }
                ? $"waited {_timeout.TotalSeconds:0} s for {_peer.Name} to send {piece}"
                : $"{ExchangeMesh.LostMessage(_peer)} while {piece} was fetched from it: {error.Message}");
        }
    }

    /// <summary>Closes the connection.</summary>
    public void Dispose()
    {
        _connection.Shutdown();
        _connection.Dispose();
    }
}
