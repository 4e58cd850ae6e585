using Cluster.Train.Reduction;

namespace Cluster.Train.Exchange.SharedMemory;

/// <summary>The exchange between processes of one host, in memory that all of them map.</summary>
internal sealed unsafe class SharedMemoryExchange : InPlaceExchange
{
    private readonly SharedBarrier _barrier;
    private readonly SharedSegment[] _segments;
    private readonly double* _numbers;
    private readonly int _numberCount;
    private bool _disposed;

    private SharedMemoryExchange(
        ExchangeRoster roster, int rank, SliceOwner? owner, SharedBarrier barrier, SharedSegment[] segments, SegmentLayout[] layouts)
        : base(
            roster, rank, owner, barrier, new SharedFloatBlock(segments[0], layouts[0].Parameters, roster.VectorLength),
            [.. segments.Zip(layouts, (segment, layout) => BlocksOf(segment, layout, roster.VectorLength))])
    {
        (_barrier, _segments) = (barrier, segments);
        _numbers = (double*)(segments[0].Pointer + layouts[0].Norms);
        _numberCount = roster.ToldNumbers;
    }

    protected override Span<double> Numbers => new(_numbers, _numberCount);

    /// <summary>A member's side over the segments that it has mapped; they are its own from now on.</summary>
    /// <param name="roster">The generation.</param>
    /// <param name="rank">The member's rank.</param>
    /// <param name="owner">Its slice; null where it owns none.</param>
    /// <param name="patience">How long it waits for the others within a step.</param>
    /// <param name="segments">By rank.</param>
    internal static SharedMemoryExchange Over(
        ExchangeRoster roster, int rank, SliceOwner? owner, StepPatience patience, SharedSegment[] segments)
    {
        var barrier = new SharedBarrier(
            segments[0].Pointer + SegmentLayout.Barrier, roster.Members.Select(member => member.Name), patience);
        return new SharedMemoryExchange(
            roster, rank, owner, barrier, segments, [.. roster.Members.Select(member => SegmentLayout.Of(roster, member.Rank))]);
    }

    public override void Abort(string reason) => _barrier.Abort(reason);

    public override void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _barrier.Abort("the generation has ended");
            _barrier.Close();
            Array.ForEach(_segments, segment => segment.Dispose());
        }
    }

    private static SharedFloatBlock[] BlocksOf(SharedSegment segment, SegmentLayout layout, long length) =>
        [.. Enumerable.Range(0, layout.Contributions).Select(index => new SharedFloatBlock(segment, layout.Contribution(index), length))];
}
