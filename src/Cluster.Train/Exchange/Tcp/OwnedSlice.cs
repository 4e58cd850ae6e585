using System.Runtime.CompilerServices;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Exchange.Tcp;

/// <summary>
/// The slice that this member owns, in the course of a step: its pieces are summed and updated in order, each as soon as
/// all its inputs are there. With clipping, all are summed, the owners exchange their totals, and all are updated; where the
/// rule needs norms of tensors, it makes all directions and exchanges their sums before that.
/// Contributions of other members are kept for a few pieces only; a stream that is ahead of the others waits.
/// </summary>
internal sealed unsafe class OwnedSlice : IDisposable
{
    /// <summary>Pieces of each contributor that may have come before the first is summed.</summary>
    private const int RingPieces = 4;

    private readonly SliceOwner? _owner;
    private readonly FloatBlock _parameters;
    private readonly bool _needsTotals;
    private readonly TensorNorms? _norms;
    private readonly int _longest;
    private readonly Input[] _inputs;
    private readonly nint[] _pointers;
    private readonly FloatBlock?[] _rings;
    private readonly double[] _numbers;
    private readonly int _totals;
    private readonly int _firstTotal;
    private long _step;
    private ExchangeRound _round;
    private int _summed;
    private int _directed;
    private int _updated;
    private bool _isScaled;
    private float _scale;

    internal OwnedSlice(ExchangeRoster roster, int rank, SliceOwner? owner, FloatBlock parameters, IReadOnlyList<FloatBlock> contributions)
    {
        _owner = owner;
        _parameters = parameters;
        (_needsTotals, _totals, _norms) = (roster.NeedsTotals, roster.Totals, roster.Norms);
        Pieces = new SlicePieces(owner?.Slice ?? default);
        _longest = Pieces.Longest;
        _numbers = GC.AllocateArray<double>(roster.ToldNumbers, pinned: true);
        _firstTotal = (int)(Pieces.Slice.Start / SliceOwner.BlockLength);
        _rings = new FloatBlock?[roster.Members.Length];
        var inputs = new List<Input>();
        foreach (var member in roster.Members)
        {
            var nodes = ShardTree.MaximalSubtrees(roster.Shards, member.Shards).Count;
            if (member.Rank != rank && owner is not null && nodes > 0)
            {
                _rings[member.Rank] = FloatBlock.Allocate((long)RingPieces * nodes * _longest);
            }

            inputs.AddRange(Enumerable.Range(0, nodes).Select(node => new Input(
                member.Rank, node, nodes, member.Rank == rank ? (nint)contributions[node].Pointer : 0)));
        }

        _inputs = [.. inputs];
        _pointers = new nint[_inputs.Length];
    }

    /// <summary>How the slice is cut; no piece where this member owns nothing.</summary>
    internal SlicePieces Pieces { get; }

    /// <summary>Pieces whose contributions are not needed any more.</summary>
    internal int Consumed => _needsTotals ? _summed : _updated;

    /// <summary>Whether this slice's totals are known.</summary>
    internal bool HasTotals { get; private set; }

    /// <summary>Whether the sums of this slice's parts of tensors are known.</summary>
    internal bool HasTensorSums { get; private set; }

    /// <summary>Bytes of the slice that are finished.</summary>
    internal long FinishedBytes { get; private set; }

    /// <summary>Whether the slice's part of the step is done.</summary>
    internal bool IsDone => _updated == Pieces.Count;

    /// <summary>The totals of all norm blocks of the vector, and behind them the sums of tensors: this member's and, as they come, the others'.</summary>
    internal double* Numbers => (double*)Unsafe.AsPointer(ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(_numbers));

    /// <summary>How many totals a slice has.</summary>
    internal static int TotalCount(ExchangeRoster roster, VectorSlice slice) => SliceOwner.TotalsOf(slice, roster.ParameterLength, roster.WeightPosition);

    /// <summary>Where a contribution of another member to a piece is kept until it is summed.</summary>
    internal nint Slot(int rank, int node, int nodes, int piece) =>
        (nint)(_rings[rank]!.Pointer + ((((long)(piece % RingPieces) * nodes) + node) * _longest));

    /// <summary>Whether a piece's place is free.</summary>
    internal bool HasRoom(int piece) => piece < Consumed + RingPieces;

    /// <summary>Begins a round of a step.</summary>
    internal void Begin(long step, ExchangeRound round)
    {
        (_step, _round) = (step, round);
        _summed = _directed = _updated = 0;
        FinishedBytes = 0;
        HasTotals = HasTensorSums = _isScaled = false;
    }

    /// <summary>Does one piece of work, if there is one to do.</summary>
    /// <param name="peers">By rank; null for this member and those that have nothing to say to it.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal bool Advance(PeerStreams?[] peers)
    {
        if (IsDone)
        {
            return false;
        }

        if (!_needsTotals)
        {
            if (!TryPointTo(_updated, peers))
            {
                return false;
            }

            var piece = Pieces[_updated];
            if (_round == ExchangeRound.Update)
            {
                _owner!.ReduceAndUpdate(_step, piece.Start, (int)piece.Length, _pointers, _parameters.Pointer + piece.Start);
            }
            else
            {
                _owner!.SwapAverage(piece.Start, (int)piece.Length, _parameters.Pointer + piece.Start);
            }

            Finish(piece);
            return true;
        }

        if (_summed < Pieces.Count)
        {
            if (!TryPointTo(_summed, peers))
            {
                return false;
            }

            var piece = Pieces[_summed];
            _owner!.Reduce(_step, piece.Start, (int)piece.Length, _pointers);
            _summed++;
            return true;
        }

        return AdvanceTotals(peers);
    }

    public void Dispose()
    {
        foreach (var ring in _rings)
        {
            ring?.Dispose();
        }
    }

    private bool AdvanceTotals(PeerStreams?[] peers)
    {
        if (!HasTotals)
        {
            _owner!.BlockTotals.CopyTo(_numbers.AsSpan(_firstTotal));
            HasTotals = true;
            return true;
        }

        if (!_isScaled)
        {
            foreach (var peer in peers)
            {
                if (peer is { Incoming.HasTotals: false })
                {
                    return false;
                }
            }

            (_scale, _isScaled) = (_owner!.Scale(_step, _numbers.AsSpan(0, _totals)), true);
        }

        if (_norms is not null && !HasTensorSums)
        {
            SumTensors(_norms);
            return true;
        }

        if (_norms is not null && _updated == 0 && !TryTakeNorms(peers))
        {
            return false;
        }

        var piece = Pieces[_updated];
        if (_round == ExchangeRound.Update)
        {
            _owner!.Update(_step, piece.Start, (int)piece.Length, _parameters.Pointer + piece.Start, _scale);
        }
        else
        {
            _owner!.SwapAverage(piece.Start, (int)piece.Length, _parameters.Pointer + piece.Start);
        }

        Finish(piece);
        return true;
    }

    /// <summary>Makes the directions of one piece, or, after the last, the sums known. Swaps need none, but the streams are the same.</summary>
    private void SumTensors(TensorNorms norms)
    {
        if (_round == ExchangeRound.Update && _directed < Pieces.Count)
        {
            var piece = Pieces[_directed++];
            _owner!.Direct(_step, piece.Start, (int)piece.Length, _parameters.Pointer + piece.Start, _scale);
            return;
        }

        _owner!.TensorSums.CopyTo(_numbers.AsSpan(_totals + norms.SumsOf(Pieces.Slice).First));
        HasTensorSums = true;
    }

    private bool TryTakeNorms(PeerStreams?[] peers)
    {
        foreach (var peer in peers)
        {
            if (peer is { Incoming.HasTensorSums: false })
            {
                return false;
            }
        }

        if (_round == ExchangeRound.Update)
        {
            _owner!.TakeNorms(_step, _numbers.AsSpan(_totals));
        }

        return true;
    }

    private void Finish(VectorSlice piece)
    {
        _updated++;
        FinishedBytes += piece.Length * sizeof(float);
    }

    /// <summary>Collects where the inputs of a piece lie; false while one has not come.</summary>
    private bool TryPointTo(int piece, PeerStreams?[] peers)
    {
        var start = Pieces[piece].Start;
        for (var index = 0; index < _inputs.Length; index++)
        {
            ref readonly var input = ref _inputs[index];
            if (input.Own != 0)
            {
                _pointers[index] = (nint)((float*)input.Own + start);
                continue;
            }

            if (peers[input.Rank]!.Incoming.PiecesReceived <= piece)
            {
                return false;
            }

            _pointers[index] = Slot(input.Rank, input.Node, input.Nodes, piece);
        }

        return true;
    }

    /// <summary>A tree node that somebody contributes.</summary>
    private readonly record struct Input(int Rank, int Node, int Nodes, nint Own);
}
