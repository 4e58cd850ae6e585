namespace Cluster.Train.Reduction;

/// <summary>
/// The sum of contributed tree nodes in tree order, compiled once: a list of additions whose operands are inputs or
/// scratch rows. Works on one chunk at a time, so that the intermediate sums stay in the nearest cache.
/// </summary>
internal sealed unsafe class TreeSum
{
    private readonly List<Addition> _additions = [];
    private readonly int _result;

    /// <summary>Compiles the sum over all shards.</summary>
    /// <param name="shards">Shards of the job.</param>
    /// <param name="inputs">Nodes of the tree, ascending; together they cover all shards.</param>
    /// <exception cref="ArgumentException">They are no nodes of the tree, or do not cover it.</exception>
    internal TreeSum(int shards, IReadOnlyList<TreeNode> inputs)
    {
        var index = new Dictionary<TreeNode, int>();
        foreach (var node in inputs)
        {
            index.Add(node, index.Count);
        }

        var used = 0;
        _result = Compile(new TreeNode(0, shards), depth: 0);
        if (used != inputs.Count)
        {
            throw new ArgumentException(Invariant($"{inputs.Count} nodes are contributed, {used} of them are needed"), nameof(inputs));
        }

        int Compile(TreeNode node, int depth)
        {
            if (index.TryGetValue(node, out var input))
            {
                used++;
                return input;
            }

            if (node.End - node.First < 2)
            {
                throw new ArgumentException(Invariant($"nobody contributes shard {node.First}"), nameof(inputs));
            }

            var middle = ShardTree.Middle(node);
            // The left sum waits in the row of this depth while the right one is made in the rows below.
            var left = Compile(node with { End = middle }, depth);
            var right = Compile(node with { First = middle }, depth + 1);
            Rows = Math.Max(Rows, depth + 1);
            _additions.Add(new Addition(depth, left, right));
            return -1 - depth;
        }
    }

    /// <summary>How many scratch rows a chunk needs.</summary>
    internal int Rows { get; private set; }

    /// <summary>Sums one chunk.</summary>
    /// <param name="inputs">For each input, where the values of the piece lie.</param>
    /// <param name="offset">Where the chunk begins within the piece.</param>
    /// <param name="count">Its length, at most <paramref name="rowLength"/>.</param>
    /// <param name="scratch"><see cref="Rows"/> rows.</param>
    /// <param name="rowLength">Length of a scratch row.</param>
    /// <returns>Where the sum lies: in scratch, or in the only input.</returns>
    internal float* Sum(ReadOnlySpan<nint> inputs, int offset, int count, float* scratch, int rowLength)
    {
        foreach (var addition in _additions)
        {
            VectorKernels.Add(
                scratch + ((long)addition.Row * rowLength),
                Operand(addition.Left, inputs, offset, scratch, rowLength),
                Operand(addition.Right, inputs, offset, scratch, rowLength),
                count);
        }

        return Operand(_result, inputs, offset, scratch, rowLength);
    }

    /// <summary>Sums inputs of any kind.</summary>
    /// <param name="inputs">The inputs.</param>
    /// <param name="add">Makes the sum of two operands, each an input or such a sum.</param>
    /// <returns>The sum; the only input itself where there is one.</returns>
    internal T Sum<T>(IReadOnlyList<T> inputs, Func<T, T, T> add)
    {
        var rows = new T[Rows];
        foreach (var (row, left, right) in _additions)
        {
            rows[row] = add(Operand(left), Operand(right));
        }

        return Operand(_result);

        T Operand(int operand) => operand >= 0 ? inputs[operand] : rows[-1 - operand];
    }

    /// <summary>Sums one chunk as the first <c>Sum</c> does, to where the sum is wanted: its last addition needs no row.</summary>
    /// <param name="inputs">For each input, where the values of the piece lie.</param>
    /// <param name="offset">Where the chunk begins within the piece.</param>
    /// <param name="count">Its length, at most <paramref name="rowLength"/>.</param>
    /// <param name="scratch"><see cref="Rows"/> rows.</param>
    /// <param name="rowLength">Length of a scratch row.</param>
    /// <param name="destination">Where the chunk's sum is written.</param>
    /// <param name="streaming">Whether the whole of what is summed is larger than the caches.</param>
    internal void SumTo(
        ReadOnlySpan<nint> inputs, int offset, int count, float* scratch, int rowLength, float* destination, bool streaming)
    {
        var last = _additions.Count - 1;
        if (last < 0)
        {
            VectorKernels.Copy(destination, Operand(_result, inputs, offset, scratch, rowLength), count);
            return;
        }

        for (var index = 0; index <= last; index++)
        {
            var addition = _additions[index];
            var left = Operand(addition.Left, inputs, offset, scratch, rowLength);
            var right = Operand(addition.Right, inputs, offset, scratch, rowLength);
            if (index < last)
            {
                VectorKernels.Add(scratch + ((long)addition.Row * rowLength), left, right, count);
            }
            else if (streaming)
            {
                VectorKernels.AddStreaming(destination, left, right, count);
            }
            else
            {
                VectorKernels.Add(destination, left, right, count);
            }
        }
    }

    private static float* Operand(int operand, ReadOnlySpan<nint> inputs, int offset, float* scratch, int rowLength) =>
        operand >= 0 ? (float*)inputs[operand] + offset : scratch + ((long)(-1 - operand) * rowLength);

    /// <summary>Row = left + right; an operand below zero is the scratch row −1 − operand.</summary>
    private readonly record struct Addition(int Row, int Left, int Right);
}
