using System.Runtime.CompilerServices;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Exchange.Tcp;

/// <summary>
/// The slice that this member owns, in the course of a step: its pieces are summed and updated in order, each as soon as
/// all its inputs are there. With clipping, all are summed, the owners exchange their norms, and all are updated.
/// Contributions of other members are kept for a few pieces only; a stream that is ahead of the others waits.
/// </summary>
internal sealed unsafe class OwnedSlice : IDisposable
{
    /// <summary>Pieces of each contributor that may have come before the first is summed.</summary>
    private const int RingPieces = 4;

    private readonly SliceOwner? _owner;
    private readonly FloatBlock _parameters;
    private readonly bool _clips;
    private readonly int _longest;
    private readonly Input[] _inputs;
    private readonly nint[] _pointers;
    private readonly FloatBlock?[] _rings;
    private readonly double[] _norms;
    private readonly int _firstNorm;
    private long _step;
    private ExchangeRound _round;
    private int _summed;
    private int _updated;
    private double _norm;

    internal OwnedSlice(ExchangeRoster roster, int rank, SliceOwner? owner, FloatBlock parameters, IReadOnlyList<FloatBlock> contributions)
    {
        _owner = owner;
        _parameters = parameters;
        _clips = roster.NeedsNorm;
        Pieces = new SlicePieces(owner?.Slice ?? default);
        _longest = Pieces.Longest;
        _norms = GC.AllocateArray<double>((int)((roster.VectorLength + SliceOwner.BlockLength - 1) / SliceOwner.BlockLength), pinned: true);
        _firstNorm = (int)(Pieces.Slice.Start / SliceOwner.BlockLength);
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
    internal int Consumed => _clips ? _summed : _updated;

    /// <summary>Whether this slice's norms are summed.</summary>
    internal bool HasNorms { get; private set; }

    /// <summary>Bytes of the slice that are finished.</summary>
    internal long FinishedBytes { get; private set; }

    /// <summary>Whether the slice's part of the step is done.</summary>
    internal bool IsDone => _updated == Pieces.Count;

    /// <summary>The sums of squares of all norm blocks of the vector: this member's and, as they come, the others'.</summary>
    internal double* Norms => (double*)Unsafe.AsPointer(ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(_norms));

    /// <summary>How many norm blocks a slice has that hold parameters.</summary>
    internal static int NormCount(ExchangeRoster roster, VectorSlice slice) =>
        (int)((Math.Max(0, Math.Min(slice.End, roster.ParameterLength) - slice.Start) + SliceOwner.BlockLength - 1) / SliceOwner.BlockLength);

    /// <summary>Where a contribution of another member to a piece is kept until it is summed.</summary>
    internal nint Slot(int rank, int node, int nodes, int piece) =>
        (nint)(_rings[rank]!.Pointer + ((((long)(piece % RingPieces) * nodes) + node) * _longest));

    /// <summary>Whether a piece's place is free.</summary>
    internal bool HasRoom(int piece) => piece < Consumed + RingPieces;

    /// <summary>Begins a round of a step.</summary>
    internal void Begin(long step, ExchangeRound round)
    {
        (_step, _round) = (step, round);
        _summed = _updated = 0;
        FinishedBytes = 0;
        HasNorms = false;
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

        if (!_clips)
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

        return AdvanceClipping(peers);
    }

    public void Dispose()
    {
        foreach (var ring in _rings)
        {
            ring?.Dispose();
        }
    }

    private bool AdvanceClipping(PeerStreams?[] peers)
    {
        if (!HasNorms)
        {
            _owner!.BlockNorms.CopyTo(_norms.AsSpan(_firstNorm));
            HasNorms = true;
            return true;
        }

        if (_updated == 0)
        {
            foreach (var peer in peers)
            {
                if (peer is { Incoming.HasNorms: false })
                {
                    return false;
                }
            }

            _norm = GradientNorm.FromBlocks(_norms);
        }

        var piece = Pieces[_updated];
        if (_round == ExchangeRound.Update)
        {
            _owner!.Update(_step, piece.Start, (int)piece.Length, _parameters.Pointer + piece.Start, _norm);
        }
        else
        {
            _owner!.SwapAverage(piece.Start, (int)piece.Length, _parameters.Pointer + piece.Start);
        }

        Finish(piece);
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
