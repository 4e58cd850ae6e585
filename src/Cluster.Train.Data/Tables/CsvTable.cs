namespace Cluster.Train.Data;

/// <summary>The rows of a CSV file.</summary>
internal sealed class CsvTable : ITableRows
{
    private readonly CsvRows _rows;
    private readonly FileStream _file;
    private readonly CsvColumns _columns;
    private bool _atFirst;

    private CsvTable(string path, TableOptions options, IReadOnlyList<string>? trained, string needs, CsvRows rows, FileStream file)
    {
        (Path, _rows, _file, DecimalSeparator) = (path, rows, file, options.DecimalSeparator);
        if (!rows.Next())
        {
            throw new BadInputException($"'{path}' is empty; give a table with {needs}");
        }

        var first = rows.Cells();
        var names = first[..first.AsSpan().TrimEnd("").Length];
        _atFirst = !options.HasHeader || options.Columns.Count > 0;
        if (_atFirst)
        {
            names = NamesOf(path, names.Length, options, trained);
        }

        _columns = new CsvColumns(names, [], [], 0);
    }

    public string Path { get; }

    public IReadOnlyList<string> Names => _columns.Names;

    public char DecimalSeparator { get; }

    public int Number => _rows.Line;

    public string Where => Invariant($"line {_rows.Line}");

    public string this[int column] => _rows[column];

    /// <summary>Opens a file and has its rows read.</summary>
    /// <param name="path">The file, gzip-compressed or not.</param>
    /// <param name="options">How it is written.</param>
    /// <param name="trained">The columns of the training's file, where that had no header either; new rows may lack the targets.</param>
    /// <param name="needs">What columns an empty file lacks.</param>
    /// <param name="read">Gets the rows.</param>
    /// <exception cref="BadInputException">It cannot be read as such a table; names the line where there is one.</exception>
    internal static T Read<T>(string path, TableOptions options, IReadOnlyList<string>? trained, string needs, Func<ITableRows, T> read) =>
        CsvRows.Read(path, options.Csv, (rows, file) => read(new CsvTable(path, options, trained, needs, rows, file)));

    public bool Next()
    {
        if (!_atFirst && !_rows.Next())
        {
            return false;
        }

        _atFirst = false;
        _columns.CheckWidth(Path, _rows);
        return true;
    }

    public string? MemoryRefusal(int read, int rowBytes) => read == CsvMemory.Sample
        ? CsvMemory.Refusal(Path, read, Math.Max(1, _file.Position), _file.Length, rowBytes, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)
        : null;

    private static string[] NamesOf(string path, int count, TableOptions options, IReadOnlyList<string>? trained)
    {
        string[] all = trained is not null ? [.. trained] : options.Columns.Count > 0 ? [.. options.Columns] : [.. Enumerable.Range(1, count).Select(number => Invariant($"{number}"))];
        if (all.Length == count)
        {
            return all;
        }

        string[] without = [.. all.Where(name => !options.Targets.Contains(name, StringComparer.Ordinal))];
        return trained is not null && without.Length == count
            ? without
            : throw new BadInputException(Invariant($"'{path}' has {count} columns, but {all.Length} names: {CellText.List(all)}; is the table's Delimiter another, or a name missing in Columns?"));
    }
}
