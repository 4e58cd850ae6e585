using System.Diagnostics;
using System.Runtime.CompilerServices;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Exchange;

/// <summary>
/// The exchange between members that see each other's memory, be it that of one process or shared between processes:
/// owners read all contributions where they are, and write the one parameter block that all replicas share. Nothing is
/// copied and nothing crosses a message. A step has two meeting points: all contributions are written; all slices are
/// updated. Clipping, or weights, add a third between them: all totals are known; norms of tensors a fourth.
/// </summary>
internal abstract unsafe class InPlaceExchange : TensorExchange
{
    /// <summary>Positions handled at once by an owner that needs totals; a multiple of the norm block.</summary>
    private const int PieceLength = 64 * SliceOwner.BlockLength;

    private readonly int _rank;
    private readonly SliceOwner? _owner;
    private readonly IStepBarrier _barrier;
    private readonly IReadOnlyList<FloatBlock>[] _contributions;
    private readonly FloatBlock[] _sources;
    private readonly nint[] _inputs;
    private readonly bool _needsTotals;
    private readonly int _totals;
    private readonly TensorNorms? _norms;
    private long _waited;

    /// <summary>Takes a member's place.</summary>
    /// <param name="roster">The generation.</param>
    /// <param name="rank">The member's rank.</param>
    /// <param name="owner">Its slice; null where it owns none.</param>
    /// <param name="barrier">Where the members meet.</param>
    /// <param name="parameters">The parameters of all replicas.</param>
    /// <param name="contributions">By rank: one block for each maximal subtree of its shards.</param>
    protected InPlaceExchange(
        ExchangeRoster roster, int rank, SliceOwner? owner, IStepBarrier barrier, FloatBlock parameters,
        IReadOnlyList<FloatBlock>[] contributions)
    {
        (_rank, _owner, _barrier, _contributions) = (rank, owner, barrier, contributions);
        Parameters = parameters;
        _sources = [.. contributions.SelectMany(blocks => blocks)];
        _inputs = new nint[_sources.Length];
        (_needsTotals, _totals, _norms) = (roster.NeedsTotals, roster.Totals, roster.Norms);
    }

    /// <inheritdoc/>
    public sealed override FloatBlock Parameters { get; }

    /// <inheritdoc/>
    public sealed override IReadOnlyList<FloatBlock> Contributions => _contributions[_rank];

    /// <summary>The totals of all norm blocks of the vector, and behind them the sums of tensors, each written by its owner, seen by all members.</summary>
    protected abstract Span<double> Numbers { get; }

    private enum Pass
    {
        ReduceAndUpdate,
        Reduce,
        Direct,
        Update,
        Swap,
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public sealed override void Run(long step, ExchangeRound round)
    {
        Meet(step, round, MeetingPoint.Computed);
        if (round != ExchangeRound.Update)
        {
            if (_owner is not null)
            {
                ForEachPiece(_owner, Pass.Swap, step, scale: 1);
            }
        }
        else if (_needsTotals)
        {
            if (_owner is not null)
            {
                ForEachPiece(_owner, Pass.Reduce, step, scale: 1);
                _owner.BlockTotals.CopyTo(Numbers[(int)(_owner.Slice.Start / SliceOwner.BlockLength)..]);
            }

            Meet(step, round, MeetingPoint.NormSummed);
            var scale = _owner?.Scale(step, Numbers[.._totals]) ?? 1;
            if (_norms is not null)
            {
                SumTensors(_norms, step, round, scale);
            }

            if (_owner is not null)
            {
                ForEachPiece(_owner, Pass.Update, step, scale);
            }
        }
        else if (_owner is not null)
        {
            ForEachPiece(_owner, Pass.ReduceAndUpdate, step, scale: 1);
        }

        Meet(step, round, MeetingPoint.Updated);
    }

    /// <inheritdoc/>
    public sealed override long TakeWaited()
    {
        var waited = _waited;
        _waited = 0;
        return waited;
    }

    private void SumTensors(TensorNorms norms, long step, ExchangeRound round, float scale)
    {
        if (_owner is not null)
        {
            ForEachPiece(_owner, Pass.Direct, step, scale);
            _owner.TensorSums.CopyTo(Numbers[(_totals + norms.SumsOf(_owner.Slice).First)..]);
        }

        Meet(step, round, MeetingPoint.TensorsSummed);
        _owner?.TakeNorms(step, Numbers[_totals..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Meet(long step, ExchangeRound round, MeetingPoint point)
    {
        var arrived = Stopwatch.GetTimestamp();
        _barrier.Arrive(_rank, MeetingPoints.Of(step, round, point), point);
        _waited += Stopwatch.GetTimestamp() - arrived;
    }

    private void ForEachPiece(SliceOwner owner, Pass pass, long step, float scale)
    {
        for (var start = owner.Slice.Start; start < owner.Slice.End; start += PieceLength)
        {
            var count = (int)Math.Min(PieceLength, owner.Slice.End - start);
            for (var input = 0; input < _inputs.Length; input++)
            {
                _inputs[input] = (nint)(_sources[input].Pointer + start);
            }

            var parameters = Parameters.Pointer + start;
            switch (pass)
            {
                case Pass.ReduceAndUpdate:
                    owner.ReduceAndUpdate(step, start, count, _inputs, parameters);
                    break;
                case Pass.Reduce:
                    owner.Reduce(step, start, count, _inputs);
                    break;
                case Pass.Direct:
                    owner.Direct(step, start, count, parameters, scale);
                    break;
                case Pass.Swap:
                    owner.SwapAverage(start, count, parameters);
                    break;
                default:
                    owner.Update(step, start, count, parameters, scale);
                    break;
            }
        }
    }
}
