using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Cluster.Train.Exchange.Peers;

namespace Cluster.Train.Snapshots;

/// <summary>The serving side of one state connection. Values go out in pieces through one small buffer, whatever their number.</summary>
internal sealed class StateServer(TensorConnection connection, Func<StatePiece, StateValues?> find)
{
    private const int BufferLength = 64 * 1024;

    /// <summary>How long a connection may be silent, or a reader take for one buffer.</summary>
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromMinutes(1);

    /// <summary>Answers requests until the peer closes the connection.</summary>
    /// <param name="end">Ends it early.</param>
    internal async Task RunAsync(CancellationToken end)
    {
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(end);
        var stream = connection.AsStream();
        var buffer = new byte[BufferLength];
        while (true)
        {
            idle.CancelAfter(IdleTimeout);
            var read = await stream.ReadAtLeastAsync(
                buffer.AsMemory(0, StateWire.RequestSize), StateWire.RequestSize, throwOnEndOfStream: false, idle.Token).ConfigureAwait(false);
            if (read == 0)
            {
                return;
            }

            var piece = StateWire.ReadRequest(buffer.AsSpan(0, read));
            using var values = find(piece);
            if (values is { Memory.Length: var length } && length != piece.Length)
            {
                throw new InvalidDataException(Invariant($"the source gave {length} values for {piece}"));
            }

            BinaryPrimitives.WriteInt64LittleEndian(buffer, values is null ? StateWire.NotHeld : piece.Length);
            await stream.WriteAsync(buffer.AsMemory(0, StateWire.AnswerSize), idle.Token).ConfigureAwait(false);
            for (var rest = values?.Memory ?? default; !rest.IsEmpty;)
            {
                var count = Math.Min(rest.Length, BufferLength / sizeof(float));
                MemoryMarshal.AsBytes(rest.Span[..count]).CopyTo(buffer);
                rest = rest[count..];
                idle.CancelAfter(IdleTimeout);
                await stream.WriteAsync(buffer.AsMemory(0, count * sizeof(float)), idle.Token).ConfigureAwait(false);
            }
        }
    }
}
