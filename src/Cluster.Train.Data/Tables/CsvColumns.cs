using System.Globalization;

namespace Cluster.Train.Data;

/// <summary>Which of a table's columns are used, and where they stand.</summary>
/// <param name="Names">Names of all columns; of those without a name at the row's end, which delimiters there make, none.</param>
/// <param name="Features">Names of the features.</param>
/// <param name="Positions">Where they stand, counted from 0.</param>
/// <param name="Target">Where the target stands.</param>
internal sealed record CsvColumns(string[] Names, string[] Features, int[] Positions, int Target)
{
    /// <summary>Finds the columns of a layout.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="layout">What is asked for.</param>
    /// <param name="first">The cells of the first row.</param>
    /// <exception cref="BadInputException">A column is not there, there twice, or has no name; says what to do.</exception>
    internal static CsvColumns Find(string path, CsvLayout layout, string[] first)
    {
        var used = first.AsSpan().TrimEnd("").Length;
        string[] names = layout.HasHeader ? first[..used] : [.. Enumerable.Range(1, used).Select(number => Invariant($"{number}"))];
        foreach (var ignored in layout.Ignore)
        {
            if (ignored.Length > 0)
            {
                ColumnOf(path, layout, names, ignored);
            }
        }

        var target = ColumnOf(path, layout, names, layout.Target);
        string[] features = layout.Features.Count > 0
            ? [.. layout.Features]
            : [.. names.Where(name => name != layout.Target && !layout.Ignore.Contains(name, StringComparer.Ordinal))];
        if (features.Length == 0)
        {
            throw new BadInputException($"'{path}' has only the target column '{layout.Target}'; it needs at least one more to predict it from");
        }

        if (layout.Features.Count == 0 && RowIndex.Of(features) is { } index)
        {
            throw new BadInputException($"{RowIndex.Told(path, names, index)} Put \"{index}\" into Ignore to leave it out, or name the columns of numbers in Features");
        }

        return new CsvColumns(names, features, [.. features.Select(name => ColumnOf(path, layout, names, name))], target);
    }

    /// <summary>Refuses a row that has other cells than there are columns.</summary>
    /// <exception cref="BadInputException">Names the line.</exception>
    internal void CheckWidth(string path, CsvRows rows)
    {
        // Further cells without content are made by delimiters at the end of a line.
        if (rows.Count < Names.Length || Enumerable.Range(Names.Length, rows.Count - Names.Length).Any(cell => rows[cell].Length > 0))
        {
            var advice = rows.Count == Names.Length + 1 ? "; is a decimal comma or a delimiter in a cell without quotes, or has the header no name for a row index?" : "";
            throw new BadInputException(Invariant($"'{path}', line {rows.Line}: {rows.Count} cells, but the first line has {Names.Length}{advice}"));
        }
    }

    private static int ColumnOf(string path, CsvLayout layout, string[] names, string name)
    {
        var column = Array.IndexOf(names, name);
        if (column < 0)
        {
            throw new BadInputException($"'{path}' has no column '{name}'; its columns are {CellText.List(names)}{Advice(layout, names, name)}");
        }

        return Array.LastIndexOf(names, name) == column
            ? column
            : throw new BadInputException(Invariant($"'{path}' has two columns '{name}' ({column + 1} and {Array.LastIndexOf(names, name) + 1}); rename one"));
    }

    private static string Advice(CsvLayout layout, string[] names, string name)
    {
        if (names is [var only] && ";\t| ,".FirstOrDefault(only.Contains) is var delimiter && delimiter != layout.Delimiter && delimiter != 0)
        {
            return delimiter == ' '
                ? "; are its cells separated by white space? Then set the layout's Delimiter to a blank"
                : $"; are its cells separated by '{CellText.Visible(delimiter.ToString())}'? Then set the layout's Delimiter to it";
        }

        if (layout.HasHeader && 2 * names.Count(cell => double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _)) > names.Length)
        {
            return "; is that a row of numbers? Then set the layout's HasHeader to false, and its columns are called 1, 2, …";
        }

        return Array.Find(names, other => string.Equals(other, name, StringComparison.OrdinalIgnoreCase)) is { } alike ? $"; did you mean '{alike}'?" : "";
    }
}
