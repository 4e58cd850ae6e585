namespace Cluster.Train.Exchange.Tcp;

/// <summary>
/// One stretch of memory in the order in which a peer's stream fills or empties it in a step. The list of segments
/// follows from the roster and is the same in every step.
/// </summary>
/// <param name="Pointer">Where it lies.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Kind">The frame it belongs to.</param>
/// <param name="IsHeader">Whether it is the frame's header.</param>
/// <param name="Piece">Of gradients, the piece of the slice.</param>
/// <param name="EndsPiece">Of gradients, whether the piece is complete with it.</param>
internal readonly unsafe record struct Segment(nint Pointer, long Length, FrameKind Kind, bool IsHeader = false, int Piece = 0, bool EndsPiece = false)
{
    internal byte* Bytes => (byte*)Pointer;

    /// <summary>A frame's header and how long the frame is; the header's memory is filled in each step.</summary>
    internal static Segment Header(FrameHeader* header, FrameKind kind, int generation, long length)
    {
        *header = new FrameHeader(kind, generation, Step: 0, length);
        return new Segment((nint)header, FrameHeader.Size, kind, IsHeader: true);
    }
}
