namespace Cluster.Train.Data;

/// <summary>
/// Rows of equal width that are added one by one, in blocks of a few megabytes: nothing is copied as they grow, so that
/// they take their own size once.
/// </summary>
internal sealed class RowBlocks<T>(int width)
    where T : unmanaged
{
    private const int BlockElements = 1 << 20;

    private readonly int _rowsPerBlock = Math.Max(1, BlockElements / width);
    private readonly List<T[]> _blocks = [];

    /// <summary>Number of rows.</summary>
    internal int Count { get; private set; }

    /// <summary>A row.</summary>
    internal ReadOnlySpan<T> this[int row] => _blocks[row / _rowsPerBlock].AsSpan(row % _rowsPerBlock * width, width);

    /// <summary>Adds a row.</summary>
    internal void Add(ReadOnlySpan<T> row)
    {
        var rowInBlock = Count % _rowsPerBlock;
        if (rowInBlock == 0)
        {
            _blocks.Add(new T[_rowsPerBlock * width]);
        }

        row.CopyTo(_blocks[^1].AsSpan(rowInBlock * width, width));
        Count = checked(Count + 1);
    }

    /// <summary>Ends the adding: the last block keeps no room for more.</summary>
    internal void Seal()
    {
        if (Count % _rowsPerBlock is var rest and > 0)
        {
            var last = _blocks[^1];
            Array.Resize(ref last, rest * width);
            _blocks[^1] = last;
        }
    }

    /// <summary>All rows, a block at a time.</summary>
    internal IEnumerable<ReadOnlyMemory<T>> Blocks() => _blocks.Select(block => (ReadOnlyMemory<T>)block);
}
