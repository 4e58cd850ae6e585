using System.Runtime.InteropServices;

namespace Cluster.Train.Reduction;

/// <summary>
/// The owner's side of a step: sums the contributions to its slice in tree order, updates its parameters, and holds
/// its part of the optimizer's state. Works in pieces of any size and in any order of pieces, with the same result.
/// Not thread-safe.
/// </summary>
internal sealed unsafe partial class SliceOwner : IOwnedSlice
{
    /// <summary>Positions of a norm block: slices begin and end at multiples of it (but for the vector's end).</summary>
    public const int BlockLength = 4096;

    /// <summary>Positions summed and updated at a time: the sums of a chunk stay in the nearest cache.</summary>
    private const int ChunkLength = 1024;

    /// <summary>
    /// Slices from here on are summed past the caches, where the sum alone is asked for. Sums of 2 MiB took 62 µs
    /// within and 73 past them; of 12.5 MiB 890 and 640; of 50 MiB 6,500 and 4,400 (one core, 32 MiB of cache).
    /// </summary>
    private const long StreamedFromLength = 1 << 21;

    private readonly long _parameterLength;
    private readonly bool _streams;
    private readonly TreeSum _tree;
    private readonly IReadOnlyList<string> _stateNames;
    private readonly (GroupSpan Span, IUpdateRule Rule)[] _groups;
    private readonly Func<long, float> _learningRate;
    private readonly float? _clipNorm;
    private readonly long? _weightPosition;
    private readonly long _stateEnd;
    private readonly float? _averageWeight;
    private readonly TensorNorms? _norms;
    private readonly double[] _sums;
    private float[] _rates = [];
    private long _ratesOf = -1;
    private readonly float[] _scratch;
    private readonly float[][] _state;
    private readonly float[] _gradient;
    private readonly double[] _totals;

    /// <summary>Creates the owner of a slice with a zero optimizer state.</summary>
    /// <param name="slice">The slice.</param>
    /// <param name="parameterLength">Positions below are updated by the optimizer; to those from here on the sum is added (buffers, whose changes are contributed).</param>
    /// <param name="shards">Shards of the job.</param>
    /// <param name="inputs">The tree nodes that are contributed, in ascending order; together they cover all shards.</param>
    /// <param name="optimizer">The rule.</param>
    /// <param name="learningRate">The rate as a pure function of the step.</param>
    /// <param name="clipNorm">Largest norm of the whole gradient; null for no clipping.</param>
    /// <param name="groups">The groups of all parameters in ascending order; null where they are one.</param>
    /// <param name="ema">Decay of the parameters' moving average; null for none.</param>
    /// <param name="weightPosition">Where the shards' weights are summed; null where there are none.</param>
    /// <param name="norms">The tensors, each with its group, where the rule needs their norms; null where it does not.</param>
    /// <exception cref="ArgumentException">The inputs are no nodes of the tree, or do not cover it.</exception>
    public SliceOwner(
        VectorSlice slice, long parameterLength, int shards, IReadOnlyList<TreeNode> inputs,
        OptimizerSettings optimizer, Func<long, float> learningRate, float? clipNorm, IReadOnlyList<GroupSpan>? groups = null, float? ema = null,
        long? weightPosition = null, TensorNorms? norms = null)
    {
        Slice = slice;
        _norms = norms;
        _weightPosition = weightPosition;
        _stateEnd = Math.Min(slice.End, weightPosition ?? slice.End);
        _parameterLength = parameterLength;
        _streams = slice.Length >= StreamedFromLength;
        _tree = new TreeSum(shards, inputs);
        StateSlice = slice with { End = Math.Max(slice.Start, Math.Min(slice.End, parameterLength)) };
        _groups = [.. GroupSpan.Within(norms?.Tensors ?? groups ?? [], StateSlice).Select(span => (span, UpdateRules.Of(span.Group.Of(optimizer))))];
        _averageWeight = ema is { } decay ? MovingAverage.Weight(decay) : null;
        _stateNames = ema is null ? optimizer.StateNames : [.. optimizer.StateNames, MovingAverage.StateName];
        _learningRate = learningRate;
        _clipNorm = clipNorm;
        _scratch = GC.AllocateArray<float>(Math.Max(1, _tree.Rows) * ChunkLength, pinned: true);
        var updated = checked((int)Math.Max(0, Math.Min(slice.End, parameterLength) - slice.Start));
        _state = [.. _stateNames.Select(_ => GC.AllocateArray<float>(updated, pinned: true))];
        _gradient = GC.AllocateArray<float>(NeedsTotals ? checked((int)slice.Length) : 0, pinned: true);
        _totals = new double[NeedsTotals ? TotalsOf(slice, parameterLength, weightPosition) : 0];
        _sums = new double[norms?.SumsOf(slice).Count ?? 0];
    }

    /// <summary>The slice.</summary>
    public VectorSlice Slice { get; }

    /// <inheritdoc/>
    public VectorSlice StateSlice { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> StateNames => _stateNames;

    /// <summary>How the squares of a norm block are added.</summary>
    internal NormOrder NormOrder { private get; init; }

    /// <summary>
    /// Whether the whole gradient's norm or weight is needed before the update. Then every piece is given to <see cref="Reduce"/>,
    /// the exchange gathers everybody's <see cref="BlockTotals"/>, and every piece is given to <see cref="Update"/>;
    /// otherwise <see cref="ReduceAndUpdate"/> does both at once. A rule that needs norms of tensors has its gradients at hand then.
    /// </summary>
    public bool NeedsTotals => _clipNorm is not null || _weightPosition is not null || _norms is not null;

    /// <summary>
    /// After <see cref="Reduce"/> of all pieces: the sum of squares of each norm block of this slice that holds parameters, 0 where nothing
    /// is clipped; of the block of the weights, their sum.
    /// </summary>
    public ReadOnlySpan<double> BlockTotals => _totals;

    /// <summary>The optimizer's state of this slice: name (for example "momentum"), values for [Slice.Start, min(Slice.End, parameterLength)).</summary>
    public IReadOnlyList<(string Name, float[] Values)> State => [.. _stateNames.Zip(_state)];

    /// <summary>Sums and updates one piece.</summary>
    /// <param name="step">The step.</param>
    /// <param name="start">Absolute position of the piece in the vector.</param>
    /// <param name="count">Its length.</param>
    /// <param name="inputs">For each input node, where its values for <paramref name="start"/> lie.</param>
    /// <param name="parameters">Where the parameters for <paramref name="start"/> lie; updated in place.</param>
    public void ReduceAndUpdate(long step, long start, int count, ReadOnlySpan<nint> inputs, float* parameters)
    {
        CheckPiece(start, count);
        for (var offset = 0; offset < count; offset += ChunkLength)
        {
            var length = Math.Min(ChunkLength, count - offset);
            var sum = _tree.Sum(inputs, offset, length, Scratch, ChunkLength);
            Apply(step, scale: 1, start + offset, length, sum, parameters + offset);
        }
    }

    /// <summary>The factor of the gradient that <see cref="Update"/> takes, from the totals of all blocks of the vector.</summary>
    /// <exception cref="TrainingFaultException">The norm or the weights cannot be used.</exception>
    public float Scale(long step, ReadOnlySpan<double> totals) => GradientScale.Of(step, totals, _weightPosition is not null, _clipNorm);

    /// <summary>First half where totals are needed: sums one piece into this owner's own memory. Pieces begin at block boundaries.</summary>
    /// <param name="step">The step.</param>
    /// <param name="start">Absolute position of the piece in the vector.</param>
    /// <param name="count">Its length: whole blocks, but for the slice's end.</param>
    /// <param name="inputs">For each input node, where its values for <paramref name="start"/> lie.</param>
    public void Reduce(long step, long start, int count, ReadOnlySpan<nint> inputs)
    {
        CheckPiece(start, count);
        var first = start - Slice.Start;
        if (first % BlockLength != 0 || (count % BlockLength != 0 && start + count != Slice.End))
        {
            throw new ArgumentOutOfRangeException(nameof(start), Invariant($"[{start}, {start + count}) is not made of whole blocks"));
        }

        var gradient = Address(_gradient) + first;
        for (var offset = 0; offset < count; offset += ChunkLength)
        {
            var length = Math.Min(ChunkLength, count - offset);
            _tree.SumTo(inputs, offset, length, Scratch, ChunkLength, gradient + offset, _streams);
        }

        foreach (var (span, _) in _groups)
        {
            var (from, to) = (Math.Max(start, span.Slice.Start), Math.Min(start + count, span.Slice.End));
            if (from < to && step < span.Group.FrozenUntil)
            {
                new Span<float>(gradient + (from - start), (int)(to - from)).Clear();
            }
        }

        if (_weightPosition is { } position && position >= start && position < start + count)
        {
            _totals[^1] = gradient[position - start];
        }

        for (var offset = 0; _clipNorm is not null && offset < count && start + offset < _parameterLength; offset += BlockLength)
        {
            var length = (int)Math.Min(Math.Min(BlockLength, count - offset), _parameterLength - start - offset);
            _totals[(first + offset) / BlockLength] = NormOrder == NormOrder.Lanes
                ? VectorKernels.SumOfSquares(gradient + offset, length)
                : GradientNorm.SumOfSquaresByHalves(new ReadOnlySpan<float>(gradient + offset, length));
        }
    }

    /// <summary>Second half where totals are needed: scales and updates one piece.</summary>
    /// <param name="step">The step.</param>
    /// <param name="start">Absolute position of the piece in the vector.</param>
    /// <param name="count">Its length.</param>
    /// <param name="parameters">Where the parameters for <paramref name="start"/> lie; updated in place.</param>
    /// <param name="scale">The factor of the gradient, from <see cref="Scale"/>.</param>
    public void Update(long step, long start, int count, float* parameters, float scale)
    {
        CheckPiece(start, count);
        Apply(step, scale, start, count, Address(_gradient) + (start - Slice.Start), parameters);
    }

    /// <summary>Swaps parameters and their moving average in one piece; buffers stay.</summary>
    /// <param name="start">Absolute position of the piece in the vector.</param>
    /// <param name="count">Its length.</param>
    /// <param name="parameters">Where the parameters for <paramref name="start"/> lie.</param>
    public void SwapAverage(long start, int count, float* parameters)
    {
        CheckPiece(start, count);
        MovingAverage.Swap(Address(_state[^1]) + (start - Slice.Start), parameters, (int)Math.Clamp(_parameterLength - start, 0, count));
    }

    private float* Scratch => Address(_scratch);

    // The arrays are allocated on the pinned heap: their addresses never change.
    private static float* Address(float[] pinned) =>
        (float*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(pinned));

    private void Apply(long step, float scale, long start, int count, float* gradients, float* parameters)
    {
        var updated = (int)Math.Clamp(_parameterLength - start, 0, count);
        ApplyRules(step, scale, start, updated, gradients, parameters, directs: false);
        if (_averageWeight is { } weight && updated > 0)
        {
            MovingAverage.Add(step, weight, Address(_state[^1]) + (start - Slice.Start), parameters, updated);
        }

        var buffers = (int)Math.Clamp(_stateEnd - start, updated, count);
        if (updated < buffers)
        {
            BufferChange.Apply(parameters + updated, gradients + updated, buffers - updated);
        }
    }

    /// <summary>How many norm blocks there are up to a length.</summary>
    internal static int BlocksOf(long length) => checked((int)((length + BlockLength - 1) / BlockLength));

    /// <summary>The first position from here on at which a norm block begins.</summary>
    internal static long FirstBlockFrom(long length) => (long)BlocksOf(length) * BlockLength;

    /// <summary>How many totals a slice has: of its blocks up to the last that holds parameters, or the weights.</summary>
    internal static int TotalsOf(VectorSlice slice, long parameterLength, long? weightPosition) => weightPosition >= slice.Start && weightPosition < slice.End
        ? BlocksOf(slice.Length)
        : BlocksOf(Math.Max(0, Math.Min(slice.End, parameterLength) - slice.Start));

    private void CheckPiece(long start, int count)
    {
        if (start < Slice.Start || count < 0 || start + count > Slice.End)
        {
            throw new ArgumentOutOfRangeException(nameof(start), Invariant($"[{start}, {start + count}) is outside the slice [{Slice.Start}, {Slice.End})"));
        }
    }
}
