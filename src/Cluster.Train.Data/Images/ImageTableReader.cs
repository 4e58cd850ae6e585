using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;

namespace Cluster.Train.Data;

/// <summary>Reads an <see cref="ImageTable"/>.</summary>
internal static class ImageTableReader
{
    /// <summary>The images in the order of the lines, each with what it is labelled with.</summary>
    /// <exception cref="BadInputException">The file cannot be used; names the line and the column.</exception>
    internal static (ImageFile[] Files, string[] Classes, double[] Numbers) Read(ImageTable table)
    {
        try
        {
            using var text = new StreamReader(table.Path);
            using var rows = new CsvParser(text, new CsvConfiguration(CultureInfo.InvariantCulture)
            {
                Delimiter = table.Delimiter.ToString(),
                BadDataFound = bad => throw new BadInputException(Invariant($"'{table.Path}', line {bad.Context.Parser?.RawRow}: quotes do not close where they should; mend the line")),
            });
            return Read(table, rows);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"'{table.Path}' cannot be read: {error.Message.ReplaceLineEndings(" ")}", error);
        }
    }

    private static (ImageFile[] Files, string[] Classes, double[] Numbers) Read(ImageTable table, CsvParser rows)
    {
        if (!rows.Read())
        {
            throw new BadInputException($"'{table.Path}' is empty; its first line names the columns, '{table.FileColumn}' among them");
        }

        var header = rows.Record!.Select(cell => cell.Trim()).ToArray();
        var hasNumbers = table.NumberColumns.Count > 0;
        var fileColumn = Column(table, header, table.FileColumn);
        int[] targets = hasNumbers ? [.. table.NumberColumns.Select(name => Column(table, header, name))] : [Column(table, header, table.ClassColumn)];
        var folder = table.Folder ?? Path.GetDirectoryName(Path.GetFullPath(table.Path))!;
        var files = new List<ImageFile>();
        var classes = new List<string>();
        var numbers = new List<double>();
        while (rows.Read())
        {
            if (Array.TrueForAll(rows.Record!, string.IsNullOrWhiteSpace))
            {
                continue;
            }

            var name = Cell(fileColumn, table.FileColumn).Replace('\\', '/');
            var path = Path.Combine(folder, name);
            files.Add(File.Exists(path) ? new ImageFile(path, name) : throw new BadInputException(Invariant($"'{table.Path}', line {rows.Row}: there is no file '{path}'")));
            foreach (var (target, index) in targets.Select((target, index) => (target, index)))
            {
                if (hasNumbers)
                {
                    numbers.Add(Number(Cell(target, table.NumberColumns[index]), table.NumberColumns[index]));
                }
                else
                {
                    classes.Add(Cell(target, table.ClassColumn));
                }
            }
        }

        return ([.. files], [.. classes], [.. numbers]);

        string Cell(int column, string name) => column < rows.Count && rows[column].Trim() is { Length: > 0 } cell
            ? cell
            : throw new BadInputException(Invariant($"'{table.Path}', line {rows.Row}: column '{name}' is empty; fill it in, or leave the line out"));

        double Number(string cell, string name) =>
            double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && float.IsFinite((float)number)
                ? number
                : throw new BadInputException(Invariant($"'{table.Path}', line {rows.Row}, column '{name}': '{cell}' is no number; mend the cell, or leave the line out; if these are classes, predict a class and not a quantity"));
    }

    private static int Column(ImageTable table, string[] header, string name) => Array.IndexOf(header, name) is var column and >= 0
        ? column
        : throw new BadInputException($"'{table.Path}' has no column '{name}'; its first line names {string.Join(", ", header.Select(other => $"'{other}'"))}");
}
