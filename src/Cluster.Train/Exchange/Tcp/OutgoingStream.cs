using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Cluster.Train.Exchange.Peers;

namespace Cluster.Train.Exchange.Tcp;

/// <summary>
/// What one peer gets in a step: contributions to its slice, norms, the finished slice; each as far as it is there.
/// Small stretches are put together for one system call, large ones are sent from where they lie.
/// </summary>
internal sealed unsafe class OutgoingStream : IDisposable
{
    private const int StagingSize = 64 * 1024;

    /// <summary>Stretches from this length on are sent from where they lie.</summary>
    private const int DirectFrom = 16 * 1024;

    /// <summary>Sent at a time, so that other peers and the sums get their turn.</summary>
    private const int LargestSend = 512 * 1024;

    private readonly TensorLink _link;
    private readonly OwnedSlice _owned;
    private readonly Segment[] _segments;
    private readonly byte* _staging = (byte*)NativeMemory.AlignedAlloc(StagingSize, 64);
    private int _staged;
    private int _stagedSent;
    private int _segment;
    private long _offset;

    internal OutgoingStream(TensorLink link, OwnedSlice owned, Segment[] segments)
    {
        _link = link;
        _owned = owned;
        _segments = segments;
        _segment = segments.Length;
    }

    /// <summary>Whether all of the step was sent.</summary>
    internal bool IsDone => _segment == _segments.Length && _staged == 0 && _link.IsFlushed;

    /// <summary>Whether the peer has yet to take something that is there.</summary>
    internal bool IsWaiting => _staged > 0 || !_link.IsFlushed || (_segment < _segments.Length && Available() > 0);

    /// <summary>Bytes sent since the link was opened.</summary>
    internal long BytesSent { get; private set; }

    /// <summary>Begins a step.</summary>
    internal void Begin(long step)
    {
        _segment = 0;
        _offset = 0;
        foreach (ref readonly var segment in _segments.AsSpan())
        {
            if (segment.IsHeader)
            {
                var header = (FrameHeader*)segment.Pointer;
                *header = *header with { Step = step };
            }
        }
    }

    /// <summary>Sends what is there and can be sent: the number of bytes, 0 if none, <see cref="TensorLink.Closed"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal int Pump()
    {
        if (_staged == 0)
        {
            if (_segment == _segments.Length)
            {
                return 0;
            }

            var available = Available();
            if (available >= DirectFrom)
            {
                var count = _link.TrySend(new ReadOnlySpan<byte>(_segments[_segment].Bytes + _offset, (int)Math.Min(available, LargestSend)));
                if (count > 0)
                {
                    Advance(count);
                    BytesSent += count;
                }

                return count;
            }

            Stage(available);
        }

        if (_staged == 0)
        {
            return 0;
        }

        var sent = _link.TrySend(new ReadOnlySpan<byte>(_staging + _stagedSent, _staged - _stagedSent));
        if (sent > 0)
        {
            BytesSent += sent;
            _stagedSent += sent;
            if (_stagedSent == _staged)
            {
                _staged = _stagedSent = 0;
            }
        }

        return sent;
    }

    public void Dispose() => NativeMemory.AlignedFree(_staging);

    /// <summary>Copies what is there, up to the staging's size.</summary>
    private void Stage(long available)
    {
        while (available > 0 && _staged < StagingSize)
        {
            var count = (int)Math.Min(available, StagingSize - _staged);
            Unsafe.CopyBlockUnaligned(_staging + _staged, _segments[_segment].Bytes + _offset, (uint)count);
            _staged += count;
            Advance(count);
            available = _segment < _segments.Length ? Available() : 0;
        }
    }

    private long Available()
    {
        ref readonly var segment = ref _segments[_segment];
        return segment.Kind switch
        {
            FrameKind.Norms => _owned.HasTotals ? segment.Length - _offset : 0,
            FrameKind.TensorSums => _owned.HasTensorSums ? segment.Length - _offset : 0,
            FrameKind.Slice when segment.IsHeader => _owned.FinishedBytes > 0 ? segment.Length - _offset : 0,
            FrameKind.Slice => _owned.FinishedBytes - _offset,
            _ => segment.Length - _offset,
        };
    }

    private void Advance(int count)
    {
        _offset += count;
        if (_offset == _segments[_segment].Length)
        {
            _segment++;
            _offset = 0;
        }
    }
}
