using System.Net.Sockets;

namespace Cluster.Train.Exchange.Peers;

/// <summary>
/// The few bytes of a handshake over a non-blocking socket, by looking again after a short while. An asynchronous
/// operation would register the socket with the runtime's event loop for the rest of its life, which then wakes a
/// thread at every arrival: dearer than the exchange of a small model's step, which comes over the same socket.
/// </summary>
internal sealed class NonBlockingStream(Socket socket) : Stream
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(32);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        for (var pause = TimeSpan.FromMilliseconds(1); ; pause = Longer(pause))
        {
            var count = socket.Receive(buffer.Span, SocketFlags.None, out var error);
            if (error == SocketError.Success)
            {
                return count;
            }

            ThrowUnlessBlocked(error);
            await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        for (var pause = TimeSpan.FromMilliseconds(1); !buffer.IsEmpty;)
        {
            var count = socket.Send(buffer.Span, SocketFlags.None, out var error);
            if (error == SocketError.Success)
            {
                buffer = buffer[count..];
                continue;
            }

            ThrowUnlessBlocked(error);
            await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
            pause = Longer(pause);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private static TimeSpan Longer(TimeSpan pause) => pause * 2 < LongestPause ? pause * 2 : LongestPause;

    private static void ThrowUnlessBlocked(SocketError error)
    {
        if (error is not (SocketError.WouldBlock or SocketError.IOPending or SocketError.TryAgain))
        {
            throw new SocketException((int)error);
        }
    }
}
