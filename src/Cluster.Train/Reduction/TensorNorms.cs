namespace Cluster.Train.Reduction;

/// <summary>
/// How norms of whole tensors are summed, though slices may end within a tensor: each tensor is cut where norm blocks begin, a
/// part has one owner and is summed by itself, and the sums of a tensor's parts are added along one tree. So the result depends
/// on the layout alone.
/// </summary>
internal sealed unsafe class TensorNorms
{
    private const int SumsOfPart = 2;

    private readonly VectorSlice[] _parts;
    private readonly int[] _partOfTensor;
    private readonly int[] _partOfBlock;

    /// <summary>Cuts tensors.</summary>
    /// <param name="tensors">Those that are trained, in ascending order, without gaps from position 0 on.</param>
    internal TensorNorms(IEnumerable<GroupSpan> tensors)
    {
        Tensors = [.. tensors.Where(tensor => tensor.Slice.Length > 0)];
        var parts = new List<VectorSlice>();
        _partOfTensor = new int[Tensors.Count + 1];
        _partOfBlock = new int[SliceOwner.BlocksOf(Tensors.Count == 0 ? 0 : Tensors[^1].Slice.End) + 1];
        for (var tensor = 0; tensor < Tensors.Count; tensor++)
        {
            for (var start = Tensors[tensor].Slice.Start; start < Tensors[tensor].Slice.End; start = parts[^1].End)
            {
                var block = (int)(start / SliceOwner.BlockLength);
                _partOfBlock[block] = start % SliceOwner.BlockLength == 0 ? parts.Count : _partOfBlock[block];
                parts.Add(new VectorSlice(start, Math.Min(Tensors[tensor].Slice.End, (block + 1L) * SliceOwner.BlockLength)));
            }

            _partOfTensor[tensor + 1] = parts.Count;
        }

        _partOfBlock[^1] = parts.Count;
        _parts = [.. parts];
    }

    /// <summary>The tensors, each with its group.</summary>
    internal IReadOnlyList<GroupSpan> Tensors { get; }

    /// <summary>How many sums there are: of each part, the squares of its parameters and those of their directions.</summary>
    internal int Count => SumsOfPart * _parts.Length;

    /// <summary>The first tensor that has values from a position on.</summary>
    internal int TensorAt(long start)
    {
        var tensor = 0;
        while (tensor < Tensors.Count && Tensors[tensor].Slice.End <= start)
        {
            tensor++;
        }

        return tensor;
    }

    /// <summary>Where the sums of a slice stand among all, and how many they are.</summary>
    internal (int First, int Count) SumsOf(VectorSlice slice)
    {
        if (slice.Length == 0)
        {
            return default;
        }

        var (first, end) = (PartFrom(slice.Start), PartFrom(slice.End));
        return (SumsOfPart * first, SumsOfPart * (end - first));
    }

    /// <summary>Sums the squares of a piece's parts.</summary>
    /// <param name="piece">Whole blocks, but for the vector's end.</param>
    /// <param name="parameters">The parameters of the piece.</param>
    /// <param name="directions">Their directions.</param>
    /// <param name="order">In which order the squares of a part are added.</param>
    /// <param name="sums">Takes the sums of the piece.</param>
    internal void Sum(VectorSlice piece, float* parameters, float* directions, NormOrder order, Span<double> sums)
    {
        var first = PartFrom(piece.Start);
        for (var index = 0; index < sums.Length / SumsOfPart; index++)
        {
            var part = _parts[first + index];
            var (offset, length) = (part.Start - piece.Start, (int)part.Length);
            sums[SumsOfPart * index] = Squares(parameters + offset, length, order);
            sums[(SumsOfPart * index) + 1] = Squares(directions + offset, length, order);
        }
    }

    /// <summary>The norm of a tensor's parameters over that of its direction; 1 where one of them is 0.</summary>
    /// <param name="tensor">Its number.</param>
    /// <param name="sums">All sums, in ascending order of parts.</param>
    internal double Ratio(int tensor, ReadOnlySpan<double> sums)
    {
        var (first, end) = (_partOfTensor[tensor], _partOfTensor[tensor + 1]);
        Span<double> squares = end - first <= 256 ? stackalloc double[end - first] : new double[end - first];
        var parameters = Norm(sums, first, offset: 0, squares);
        var direction = Norm(sums, first, offset: 1, squares);
        return parameters > 0 && direction > 0 ? parameters / direction : 1;
    }

    private static double Norm(ReadOnlySpan<double> sums, int first, int offset, Span<double> squares)
    {
        for (var index = 0; index < squares.Length; index++)
        {
            squares[index] = sums[(SumsOfPart * (first + index)) + offset];
        }

        return GradientNorm.FromBlocks(squares);
    }

    private static double Squares(float* values, int length, NormOrder order) => order == NormOrder.Lanes
        ? VectorKernels.SumOfSquares(values, length)
        : GradientNorm.SumOfSquaresByHalves(new ReadOnlySpan<float>(values, length));

    private int PartFrom(long position) => _partOfBlock[Math.Min(SliceOwner.BlocksOf(position), _partOfBlock.Length - 1)];
}
