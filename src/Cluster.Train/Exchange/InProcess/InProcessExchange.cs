using System.Runtime.CompilerServices;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Exchange.InProcess;

/// <summary>
/// The exchange between threads of one process: owners read all contributions where they are, and write the one
/// parameter block that all replicas share. Nothing is copied and nothing crosses a message.
/// A step has two meeting points: all contributions are written; all slices are updated. Clipping adds a third
/// between them: all norms are known.
/// </summary>
internal sealed unsafe class InProcessExchange(InProcessGroup group, int rank, SliceOwner? owner, Action lastLeft) : TensorExchange
{
    /// <summary>Positions handled at once by an owner that clips; a multiple of the norm block.</summary>
    private const int PieceLength = 64 * SliceOwner.BlockLength;

    private readonly nint[] _inputs = new nint[group.Inputs.Length];
    private readonly bool _clips = group.Roster.NeedsNorm;
    private bool _disposed;

    private enum Pass
    {
        ReduceAndUpdate,
        Reduce,
        Update,
    }

    public override FloatBlock Parameters => group.Parameters;

    public override IReadOnlyList<FloatBlock> Contributions => group.Contributions[rank];

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(long step)
    {
        var barrier = group.Barrier;
        barrier.Arrive(rank, 3 * step, MeetingPoint.Computed);
        if (_clips)
        {
            if (owner is not null)
            {
                ForEachPiece(owner, Pass.Reduce, step, norm: 0);
                owner.BlockNorms.CopyTo(group.BlockNorms.AsSpan((int)(owner.Slice.Start / SliceOwner.BlockLength)));
            }

            barrier.Arrive(rank, (3 * step) + 1, MeetingPoint.NormSummed);
            if (owner is not null)
            {
                ForEachPiece(owner, Pass.Update, step, GradientNorm.FromBlocks(group.BlockNorms));
            }
        }
        else if (owner is not null)
        {
            ForEachPiece(owner, Pass.ReduceAndUpdate, step, norm: 0);
        }

        barrier.Arrive(rank, (3 * step) + 2, MeetingPoint.Updated);
    }

    public override void Abort(string reason) => group.Barrier.Abort(reason);

    public override void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            group.Barrier.Abort("the generation has ended");
            if (group.Leave())
            {
                lastLeft();
            }
        }
    }

    private void ForEachPiece(SliceOwner slice, Pass pass, long step, double norm)
    {
        for (var start = slice.Slice.Start; start < slice.Slice.End; start += PieceLength)
        {
            var count = (int)Math.Min(PieceLength, slice.Slice.End - start);
            for (var input = 0; input < _inputs.Length; input++)
            {
                _inputs[input] = (nint)(group.Inputs[input].Pointer + start);
            }

            var parameters = group.Parameters.Pointer + start;
            switch (pass)
            {
                case Pass.ReduceAndUpdate:
                    slice.ReduceAndUpdate(step, start, count, _inputs, parameters);
                    break;
                case Pass.Reduce:
                    slice.Reduce(start, count, _inputs);
                    break;
                default:
                    slice.Update(step, start, count, parameters, norm);
                    break;
            }
        }
    }
}
