using System.Runtime.InteropServices;
using Cluster.Train.Exchange.Peers;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Exchange.Tcp;

/// <summary>One peer's link, and what goes each way over it in every step.</summary>
internal sealed unsafe class PeerStreams : IDisposable
{
    private const int Frames = 4;

    private readonly FrameHeader* _headers = (FrameHeader*)NativeMemory.AlignedAlloc(2 * Frames * (nuint)sizeof(FrameHeader), 64);

    internal PeerStreams(
        ExchangeRoster roster, int rank, ExchangeMember peer, TensorLink link, OwnedSlice owned, FloatBlock parameters, IReadOnlyList<FloatBlock> contributions)
    {
        Member = peer;
        Link = link;
        var me = roster.Members[rank];
        Outgoing = new OutgoingStream(link, owned, OutgoingSegments(roster, me, peer, owned, parameters, contributions));
        Incoming = new IncomingStream(link, owned, IncomingSegments(roster, me, peer, owned, parameters), roster.Generation);
    }

    internal ExchangeMember Member { get; }

    internal TensorLink Link { get; }

    internal OutgoingStream Outgoing { get; }

    internal IncomingStream Incoming { get; }

    /// <summary>What has not come from it, or what it has not taken, for messages.</summary>
    internal string WaitsFor => Incoming.IsWaiting
        ? Incoming.Due switch
        {
            FrameKind.Gradients => "its gradients",
            FrameKind.Norms => "the totals of its slice",
            FrameKind.TensorSums => "the norms of its tensors",
            _ => "its finished slice",
        }
        : "taking what it is sent";

    /// <summary>Whether two members have anything to say to each other: one owns something that the other contributes to or needs.</summary>
    internal static bool AreNeeded(ExchangeRoster roster, ExchangeMember one, ExchangeMember other) => Speaks(one, other) || Speaks(other, one)
        || (roster.NeedsTotals && one.Slice.Length > 0 && other.Slice.Length > 0);

    public void Dispose()
    {
        Link.Dispose();
        Outgoing.Dispose();
        Incoming.Dispose();
        NativeMemory.AlignedFree(_headers);
    }

    private static bool Speaks(ExchangeMember owner, ExchangeMember other) => owner.Slice.Length > 0 && (other.Shards.Count > 0 || other.HoldsReplica);

    private Segment[] OutgoingSegments(
        ExchangeRoster roster, ExchangeMember me, ExchangeMember peer, OwnedSlice owned, FloatBlock parameters, IReadOnlyList<FloatBlock> contributions)
    {
        var segments = new List<Segment>();
        if (peer.Slice.Length > 0 && contributions.Count > 0)
        {
            segments.Add(Segment.Header(_headers, FrameKind.Gradients, roster.Generation, peer.Slice.Length * contributions.Count * sizeof(float)));
            AddPieces(segments, new SlicePieces(peer.Slice), contributions.Count, (piece, node, start) => (nint)(contributions[node].Pointer + start));
        }

        AddNorms(segments, _headers + 1, roster, me.Slice, peer.Slice, owned);
        AddSlice(segments, _headers + 3, roster, me.Slice, peer.HoldsReplica, parameters);
        return [.. segments];
    }

    private Segment[] IncomingSegments(ExchangeRoster roster, ExchangeMember me, ExchangeMember peer, OwnedSlice owned, FloatBlock parameters)
    {
        var segments = new List<Segment>();
        var nodes = ShardTree.MaximalSubtrees(roster.Shards, peer.Shards).Count;
        if (me.Slice.Length > 0 && nodes > 0)
        {
            segments.Add(Segment.Header(_headers + Frames, FrameKind.Gradients, roster.Generation, me.Slice.Length * nodes * sizeof(float)));
            AddPieces(segments, owned.Pieces, nodes, (piece, node, _) => owned.Slot(peer.Rank, node, nodes, piece));
        }

        AddNorms(segments, _headers + Frames + 1, roster, peer.Slice, me.Slice, owned);
        AddSlice(segments, _headers + Frames + 3, roster, peer.Slice, me.HoldsReplica, parameters);
        return [.. segments];
    }

    private static void AddPieces(List<Segment> segments, SlicePieces pieces, int nodes, Func<int, int, long, nint> pointer)
    {
        for (var piece = 0; piece < pieces.Count; piece++)
        {
            var (start, length) = (pieces[piece].Start, pieces[piece].Length);
            for (var node = 0; node < nodes; node++)
            {
                segments.Add(new Segment(
                    pointer(piece, node, start), length * sizeof(float), FrameKind.Gradients, IsHeader: false, piece, EndsPiece: node == nodes - 1));
            }
        }
    }

    private static void AddNorms(
        List<Segment> segments, FrameHeader* headers, ExchangeRoster roster, VectorSlice from, VectorSlice to, OwnedSlice owned)
    {
        var count = OwnedSlice.TotalCount(roster, from);
        if (roster.NeedsTotals && count > 0 && to.Length > 0)
        {
            segments.Add(Segment.Header(headers, FrameKind.Norms, roster.Generation, (long)count * sizeof(double)));
            segments.Add(new Segment((nint)(owned.Numbers + (from.Start / SliceOwner.BlockLength)), (long)count * sizeof(double), FrameKind.Norms));
        }

        if (roster.Norms?.SumsOf(from) is { Count: > 0 } sums && to.Length > 0)
        {
            segments.Add(Segment.Header(headers + 1, FrameKind.TensorSums, roster.Generation, (long)sums.Count * sizeof(double)));
            segments.Add(new Segment((nint)(owned.Numbers + roster.Totals + sums.First), (long)sums.Count * sizeof(double), FrameKind.TensorSums));
        }
    }

    private static void AddSlice(
        List<Segment> segments, FrameHeader* header, ExchangeRoster roster, VectorSlice from, bool isNeeded, FloatBlock parameters)
    {
        if (from.Length > 0 && isNeeded)
        {
            segments.Add(Segment.Header(header, FrameKind.Slice, roster.Generation, from.Length * sizeof(float)));
            segments.Add(new Segment((nint)(parameters.Pointer + from.Start), from.Length * sizeof(float), FrameKind.Slice));
        }
    }
}
