using System.Buffers.Binary;
using System.Collections.Concurrent;

namespace Cluster.Train.Exchange.Peers;

/// <summary>
/// The control connection to one other member: notes of at most <see cref="LongestNote"/> bytes, in order. It is always
/// being read, so that its end is noticed whatever this process is doing.
/// </summary>
internal sealed class MeshPeer(ExchangeMember member, TensorConnection connection, Action<MeshPeer> ended) : IDisposable
{
    internal const int LongestNote = 4096;

    /// <summary>Notes that may lie unread; more is no behaviour of ours.</summary>
    private const int UnreadNotes = 16;

    private readonly Stream _stream = connection.AsStream();
    private readonly BlockingCollection<byte[]> _notes = new(UnreadNotes);
    private readonly byte[] _lengthBytes = new byte[sizeof(int)];

    internal ExchangeMember Member { get; } = member;

    /// <summary>Begins to read.</summary>
    internal void Start() => _ = ReadAsync();

    /// <summary>Sends a note.</summary>
    /// <exception cref="IOException">The connection is closed.</exception>
    internal void Send(ReadOnlySpan<byte> note)
    {
        var bytes = new byte[sizeof(int) + note.Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, note.Length);
        note.CopyTo(bytes.AsSpan(sizeof(int)));
        _stream.Write(bytes);
    }

    /// <summary>The next note; null if none came in time or the connection was closed.</summary>
    internal byte[]? Receive(TimeSpan timeout, CancellationToken cancellation) =>
        _notes.TryTake(out var note, (int)timeout.TotalMilliseconds, cancellation) ? note : null;

    /// <summary>Closes the connection so that both ends learn of it, as the loss of the network would.</summary>
    internal void Sever() => connection.Shutdown();

    public void Dispose()
    {
        connection.Shutdown();
        connection.Dispose();
    }

    private async Task ReadAsync()
    {
        try
        {
            while (true)
            {
                await _stream.ReadExactlyAsync(_lengthBytes).ConfigureAwait(false);
                var length = BinaryPrimitives.ReadInt32LittleEndian(_lengthBytes);
                if (length is < 0 or > LongestNote)
                {
                    break;
                }

                var note = new byte[length];
                await _stream.ReadExactlyAsync(note).ConfigureAwait(false);
                if (!_notes.TryAdd(note))
                {
                    break;
                }
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // Closed, by the peer or by us: told below.
        }

        _notes.CompleteAdding();
        ended(this);
    }
}
