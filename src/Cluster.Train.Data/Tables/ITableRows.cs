namespace Cluster.Train.Data;

/// <summary>The rows of a table's file, one after the other, whatever its format.</summary>
internal interface ITableRows
{
    /// <summary>The file, for messages.</summary>
    string Path { get; }

    /// <summary>Names of the columns.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>What stands before a number's decimals.</summary>
    char DecimalSeparator { get; }

    /// <summary>Where the current row is, for messages: "line 7".</summary>
    string Where { get; }

    /// <summary>The number in <see cref="Where"/>.</summary>
    int Number { get; }

    /// <summary>Goes to the next row.</summary>
    /// <returns>False where there is none.</returns>
    bool Next();

    /// <summary>A cell of the current row, without the white space around it; empty where it has no value.</summary>
    string this[int column] { get; }

    /// <summary>Why the rows cannot be held in memory; null where they can, or where that is not known yet.</summary>
    /// <param name="read">Rows that were read.</param>
    /// <param name="rowBytes">What a row takes.</param>
    string? MemoryRefusal(int read, int rowBytes);
}
