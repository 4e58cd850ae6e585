namespace Cluster.Train.Data;

/// <summary>Rows that are in memory already.</summary>
internal sealed class GivenRows(IReadOnlyList<IReadOnlyDictionary<string, string>> rows, IReadOnlyList<string> names) : ITableRows
{
    public string Path => "rows";

    public IReadOnlyList<string> Names => names;

    public char DecimalSeparator => '.';

    public int Number { get; private set; }

    public string Where => Invariant($"row {Number}");

    public string this[int column] => rows[Number - 1].GetValueOrDefault(names[column], "").Trim();

    public bool Next() => ++Number <= rows.Count;

    public string? MemoryRefusal(int read, int rowBytes) => null;
}
