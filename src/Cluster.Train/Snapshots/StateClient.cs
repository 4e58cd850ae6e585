using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Cluster.Train.Exchange;
using Cluster.Train.Exchange.Peers;

namespace Cluster.Train.Snapshots;

/// <summary>Fetches pieces of snapshots from other processes of a job.</summary>
internal static class StateClient
{
    /// <summary>Must come within the timeout, however slowly its bytes do.</summary>
    private const int StretchSize = 1 << 20;

    /// <summary>Fetches a piece from a process, over a connection of its own; what comes goes straight to its destination.</summary>
    /// <param name="roster">The caller's generation; the process must have it admitted, and is waited for until it has.</param>
    /// <param name="rank">The caller's rank; of a coordinator that is no member, the number of members.</param>
    /// <param name="endpoint">host:port of the process's listener.</param>
    /// <param name="security">TLS; null for plain connections.</param>
    /// <param name="piece">What is wanted.</param>
    /// <param name="destination">Gets the values; as long as the piece. After a failure midway it may hold a part of them.</param>
    /// <param name="timeout">How long the process is waited for: to let the caller in, and then for each MiB.</param>
    /// <param name="refusal">Why nothing was fetched; null where it was.</param>
    /// <returns>False where the piece is not held there, or the process cannot be reached.</returns>
    public static bool TryFetch(
        ExchangeRoster roster, int rank, string endpoint, TensorSecurity? security, StatePiece piece, Span<float> destination,
        TimeSpan timeout, out string? refusal)
    {
        if (destination.Length != piece.Length)
        {
            throw new ArgumentException($"{destination.Length} values cannot take {piece}", nameof(destination));
        }

        var member = roster.Members.FirstOrDefault(member => member.Endpoint == endpoint);
        var name = member is null ? endpoint : $"{member.Name} at {endpoint}";
        try
        {
            using var connection = new PeerCaller(roster, rank, security).CallProcess(
                name, endpoint, ConnectionPurpose.State, timeout, CancellationToken.None);
            refusal = Fetch(connection, piece, destination, timeout) is { } why ? $"{name} {why}" : null;
        }
        catch (ExchangeAbortedException error)
        {
            refusal = error.Message;
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            refusal = IsTimeout(error) ? Invariant($"waited {timeout.TotalSeconds:0.#} s for {name} to send {piece}") : $"{name} broke off sending {piece}: {error.Message}";
        }

        return refusal is null;
    }

    /// <summary>Null when all has come, or why it does not.</summary>
    private static string? Fetch(TensorConnection connection, StatePiece piece, Span<float> destination, TimeSpan timeout)
    {
        var stream = connection.AsStream();
        stream.WriteTimeout = Milliseconds(timeout);
        stream.Write(StateWire.WriteRequest(piece));
        Span<byte> answer = stackalloc byte[StateWire.AnswerSize];
        Read(stream, answer, timeout);
        var length = BinaryPrimitives.ReadInt64LittleEndian(answer);
        if (length == StateWire.NotHeld)
        {
            return $"does not hold {piece}";
        }

        if (length != piece.Length)
        {
            return Invariant($"sent {length} values for {piece}");
        }

        for (var rest = MemoryMarshal.AsBytes(destination); !rest.IsEmpty;)
        {
            var count = Math.Min(rest.Length, StretchSize);
            Read(stream, rest[..count], timeout);
            rest = rest[count..];
        }

        return null;
    }

    private static void Read(Stream stream, Span<byte> bytes, TimeSpan timeout)
    {
        var started = Stopwatch.GetTimestamp();
        while (!bytes.IsEmpty)
        {
            stream.ReadTimeout = Milliseconds(timeout - Stopwatch.GetElapsedTime(started));
            var count = stream.Read(bytes);
            if (count == 0)
            {
                throw new EndOfStreamException("it closed the connection");
            }

            bytes = bytes[count..];
        }
    }

    /// <summary>At least 1: 0 would mean to wait for ever.</summary>
    private static int Milliseconds(TimeSpan time) => (int)Math.Clamp(time.TotalMilliseconds, 1, int.MaxValue);

    private static bool IsTimeout(Exception error) =>
        error.InnerException is SocketException { SocketErrorCode: SocketError.TimedOut or SocketError.WouldBlock or SocketError.IOPending };
}
