namespace Cluster.Train.Reduction;

/// <summary>
/// The owner's side of a step: sums the contributions to its slice in tree order, updates its parameters, and holds
/// its part of the optimizer's state. Works in pieces of any size and in any order of pieces, with the same result.
/// Not thread-safe.
/// </summary>
public sealed unsafe class SliceOwner
{
    /// <summary>Positions of a norm block: slices begin and end at multiples of it (but for the vector's end).</summary>
    public const int BlockLength = 4096;

    /// <summary>Creates the owner of a slice with a zero optimizer state.</summary>
    /// <param name="slice">The slice.</param>
    /// <param name="parameterLength">Positions below are updated by the optimizer; those from here on are assigned (buffers).</param>
    /// <param name="shards">Shards of the job.</param>
    /// <param name="inputs">The tree nodes that are contributed, in ascending order; together they cover all shards.</param>
    /// <param name="optimizer">The rule.</param>
    /// <param name="learningRate">The rate as a pure function of the step.</param>
    /// <param name="clipNorm">Largest norm of the whole gradient; null for no clipping.</param>
    public SliceOwner(
        VectorSlice slice, long parameterLength, int shards, IReadOnlyList<TreeNode> inputs,
        OptimizerSettings optimizer, Func<long, float> learningRate, float? clipNorm) => throw new NotSupportedException();

    /// <summary>The slice.</summary>
    public VectorSlice Slice => throw new NotSupportedException();

    /// <summary>
    /// Whether the whole gradient's norm is needed before the update. Then every piece is given to <see cref="Reduce"/>,
    /// the exchange gathers everybody's <see cref="BlockNorms"/>, and every piece is given to <see cref="Update"/>;
    /// otherwise <see cref="ReduceAndUpdate"/> does both at once.
    /// </summary>
    public bool NeedsNorm => throw new NotSupportedException();

    /// <summary>After <see cref="Reduce"/> of all pieces: the sum of squares of each norm block of this slice.</summary>
    public ReadOnlySpan<double> BlockNorms => throw new NotSupportedException();

    /// <summary>Sums and updates one piece.</summary>
    /// <param name="step">The step.</param>
    /// <param name="start">Absolute position of the piece in the vector.</param>
    /// <param name="count">Its length.</param>
    /// <param name="inputs">For each input node, where its values for <paramref name="start"/> lie.</param>
    /// <param name="parameters">Where the parameters for <paramref name="start"/> lie; updated in place.</param>
    public void ReduceAndUpdate(long step, long start, int count, ReadOnlySpan<nint> inputs, float* parameters) => throw new NotSupportedException();

    /// <summary>First half with clipping: sums one piece into this owner's own memory. Pieces begin at block boundaries.</summary>
    public void Reduce(long start, int count, ReadOnlySpan<nint> inputs) => throw new NotSupportedException();

    /// <summary>Second half with clipping: scales and updates one piece.</summary>
    /// <param name="step">The step.</param>
    /// <param name="start">Absolute position of the piece in the vector.</param>
    /// <param name="count">Its length.</param>
    /// <param name="parameters">Where the parameters for <paramref name="start"/> lie; updated in place.</param>
    /// <param name="norm">The whole gradient's norm, from <see cref="GradientNorm.FromBlocks"/>.</param>
    public void Update(long step, long start, int count, float* parameters, double norm) => throw new NotSupportedException();

    /// <summary>The optimizer's state of this slice: name (for example "momentum"), values for [Slice.Start, min(Slice.End, parameterLength)).</summary>
    public IReadOnlyList<(string Name, float[] Values)> State => throw new NotSupportedException();
}
