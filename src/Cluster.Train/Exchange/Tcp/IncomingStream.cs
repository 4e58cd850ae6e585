using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Cluster.Train.Exchange.Peers;

namespace Cluster.Train.Exchange.Tcp;

/// <summary>
/// What one peer sends in a step: its contributions to this member's slice, its totals and sums, its finished slice. Headers
/// and small stretches come through a staging buffer, which may already hold the beginning of the next step; large
/// ones are received where they belong. Nothing beyond the step's end is written anywhere else.
/// </summary>
internal sealed unsafe class IncomingStream : IDisposable
{
    private const int StagingSize = 64 * 1024;

    /// <summary>Stretches from this length on are received where they belong.</summary>
    private const int DirectFrom = 16 * 1024;

    /// <summary>Received at a time, so that other peers and the sums get their turn.</summary>
    private const int LargestReceive = 1024 * 1024;

    private readonly TensorLink _link;
    private readonly OwnedSlice _owned;
    private readonly Segment[] _segments;
    private readonly int _generation;
    private readonly byte* _staging = (byte*)NativeMemory.AlignedAlloc(StagingSize, 64);
    private readonly long[] _frameLengths;
    private readonly bool _sendsTotals;
    private readonly bool _sendsTensorSums;
    private int _staged;
    private int _stagedUsed;
    private int _segment;
    private long _offset;
    private long _step;

    internal IncomingStream(TensorLink link, OwnedSlice owned, Segment[] segments, int generation)
    {
        _link = link;
        _owned = owned;
        _segments = segments;
        _generation = generation;
        _segment = segments.Length;
        _frameLengths = [.. segments.Select(segment => segment.IsHeader ? ((FrameHeader*)segment.Pointer)->Length : 0)];
        _sendsTotals = segments.Any(segment => segment.Kind == FrameKind.Norms);
        _sendsTensorSums = segments.Any(segment => segment.Kind == FrameKind.TensorSums);
    }

    /// <summary>Whether all of the step has come.</summary>
    internal bool IsDone => _segment == _segments.Length;

    /// <summary>Whether something is due that there is room for.</summary>
    internal bool IsWaiting => _segment < _segments.Length && HasRoom();

    /// <summary>The frame that is due.</summary>
    internal FrameKind Due => _segments[_segment].Kind;

    /// <summary>Pieces of this member's slice for which the peer's contributions are there.</summary>
    internal int PiecesReceived { get; private set; }

    /// <summary>Whether the peer's norms are there, or it has none.</summary>
    internal bool HasTotals { get; private set; }

    /// <summary>Whether the peer's sums of tensors are there, or it has none.</summary>
    internal bool HasTensorSums { get; private set; }

    /// <summary>What came instead of what was due; null while all is well.</summary>
    internal string? Violation { get; private set; }

    /// <summary>Begins a step.</summary>
    internal void Begin(long step)
    {
        _step = step;
        _segment = 0;
        _offset = 0;
        PiecesReceived = 0;
        HasTotals = !_sendsTotals;
        HasTensorSums = !_sendsTensorSums;
    }

    /// <summary>Receives what is there: the number of bytes, 0 if none, <see cref="TensorLink.Closed"/> also after a <see cref="Violation"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal int Pump()
    {
        if (_segment == _segments.Length || !HasRoom())
        {
            return 0;
        }

        if (_staged == _stagedUsed)
        {
            var due = _segments[_segment].Length - _offset;
            if (due >= DirectFrom)
            {
                var count = _link.TryReceive(new Span<byte>(_segments[_segment].Bytes + _offset, (int)Math.Min(due, LargestReceive)));
                if (count > 0)
                {
                    Advance(count);
                }

                return count;
            }

            var received = _link.TryReceive(new Span<byte>(_staging, StagingSize));
            if (received <= 0)
            {
                return received;
            }

            _staged = received;
            _stagedUsed = 0;
        }

        return Unstage();
    }

    public void Dispose() => NativeMemory.AlignedFree(_staging);

    private bool HasRoom()
    {
        ref readonly var segment = ref _segments[_segment];
        return segment.Kind != FrameKind.Gradients || segment.IsHeader || _owned.HasRoom(segment.Piece);
    }

    /// <summary>Copies what was staged to where it belongs, as far as there is room.</summary>
    private int Unstage()
    {
        var before = _stagedUsed;
        while (_stagedUsed < _staged && _segment < _segments.Length && HasRoom())
        {
            var count = (int)Math.Min(_staged - _stagedUsed, _segments[_segment].Length - _offset);
            Unsafe.CopyBlockUnaligned(_segments[_segment].Bytes + _offset, _staging + _stagedUsed, (uint)count);
            _stagedUsed += count;
            Advance(count);
            if (Violation is not null)
            {
                return TensorLink.Closed;
            }
        }

        return _stagedUsed - before;
    }

    private void Advance(int count)
    {
        ref readonly var segment = ref _segments[_segment];
        _offset += count;
        if (_offset < segment.Length)
        {
            return;
        }

        if (segment.IsHeader)
        {
            var due = new FrameHeader(segment.Kind, _generation, _step, _frameLengths[_segment]);
            if (*(FrameHeader*)segment.Pointer != due)
            {
                Violation = $"sent {*(FrameHeader*)segment.Pointer} where {due} were due";
                return;
            }
        }
        else if (segment.EndsPiece)
        {
            PiecesReceived++;
        }
        else if (segment.Kind == FrameKind.Norms)
        {
            HasTotals = true;
        }
        else if (segment.Kind == FrameKind.TensorSums)
        {
            HasTensorSums = true;
        }

        _segment++;
        _offset = 0;
    }
}
