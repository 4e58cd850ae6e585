using System.Net.Sockets;

namespace Cluster.Train.Exchange.Peers;

/// <summary>
/// A link under TLS, which knows no "would block": a thread for each direction reads and writes the stream, and a
/// ring for each lies between it and the member's thread.
/// </summary>
internal sealed class TlsLink : TensorLink
{
    private const int RingSize = 1 << 20;

    private readonly ByteRing _inbound = new(RingSize);
    private readonly ByteRing _outbound = new(RingSize);
    private readonly AutoResetEvent _inboundFreed = new(initialState: false);
    private readonly AutoResetEvent _outboundFilled = new(initialState: false);
    private readonly EventWaitHandle _progress;
    private readonly Thread[] _pumps;
    private volatile bool _closed;

    /// <summary>Creates the link and starts its threads.</summary>
    /// <param name="connection">Under TLS.</param>
    /// <param name="progress">Set whenever something was received or sent, or the link was closed.</param>
    /// <param name="peer">The peer's name, for the threads'.</param>
    internal TlsLink(TensorConnection connection, EventWaitHandle progress, string peer) : base(connection)
    {
        _progress = progress;
        _pumps =
        [
            new Thread(() => Pump(ReceiveOnce, _inboundFreed)) { IsBackground = true, Name = $"tls from {peer}" },
            new Thread(() => Pump(SendOnce, _outboundFilled)) { IsBackground = true, Name = $"tls to {peer}" },
        ];
        Array.ForEach(_pumps, pump => pump.Start());
    }

    internal override Socket? Waitable => null;

    internal override bool IsFlushed => _outbound.IsDrained;

    internal override int TrySend(ReadOnlySpan<byte> bytes)
    {
        if (_closed)
        {
            return Closed;
        }

        var free = _outbound.Free.Span;
        var count = Math.Min(free.Length, bytes.Length);
        if (count > 0)
        {
            bytes[..count].CopyTo(free);
            _outbound.Fill(count);
            _outboundFilled.Set();
        }

        return count;
    }

    internal override int TryReceive(Span<byte> bytes)
    {
        // What came before the end still counts: the flag is read first.
        var closed = _closed;
        var filled = _inbound.Filled.Span;
        var count = Math.Min(filled.Length, bytes.Length);
        if (count == 0)
        {
            return closed ? Closed : 0;
        }

        filled[..count].CopyTo(bytes);
        _inbound.Release(count);
        _inboundFreed.Set();
        return count;
    }

    internal override void Shutdown()
    {
        _closed = true;
        base.Shutdown();
        _inboundFreed.Set();
        _outboundFilled.Set();
        _progress.Set();
    }

    public override void Dispose()
    {
        Shutdown();
        Array.ForEach(_pumps, pump => pump.Join());
        base.Dispose();
        _inboundFreed.Dispose();
        _outboundFilled.Dispose();
    }

    /// <summary>Does a direction's work, and waits where there is none, until the link is closed.</summary>
    private void Pump(Func<bool> once, AutoResetEvent work)
    {
        try
        {
            while (!_closed)
            {
                if (once())
                {
                    _progress.Set();
                }
                else
                {
                    work.WaitOne();
                }
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The connection broke; the member learns it from the closed link.
        }

        Shutdown();
    }

    private bool ReceiveOnce()
    {
        var free = _inbound.Free;
        if (free.IsEmpty)
        {
            return false;
        }

        var count = Connection.Tls!.Read(free.Span);
        if (count == 0)
        {
            throw new EndOfStreamException();
        }

        _inbound.Fill(count);
        return true;
    }

    private bool SendOnce()
    {
        var filled = _outbound.Filled;
        if (filled.IsEmpty)
        {
            return false;
        }

        Connection.Tls!.Write(filled.Span);
        _outbound.Release(filled.Length);
        return true;
    }
}
