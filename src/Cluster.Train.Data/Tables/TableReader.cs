using System.Globalization;

namespace Cluster.Train.Data;

/// <summary>Reads the cells of a table's columns.</summary>
internal static class TableReader
{
    /// <summary>Reads a file whole.</summary>
    /// <param name="path">The file: Parquet, or CSV, gzip-compressed or not.</param>
    /// <param name="options">How it is written.</param>
    /// <param name="trained">The columns of the training's file where new rows are read that have no header.</param>
    /// <param name="needs">What columns an empty file lacks, for the message.</param>
    /// <param name="planOf">Finds the columns.</param>
    /// <exception cref="BadInputException">It cannot be read, does not fit the memory, or a cell is wrong; names line and column.</exception>
    internal static RawTable Read(string path, TableOptions options, IReadOnlyList<string>? trained, string needs, Func<ITableRows, TablePlan> planOf)
    {
        try
        {
            return ParquetTable.IsOne(path)
                ? ParquetTable.Read(path, rows => Read(rows, options, planOf(rows)))
                : CsvTable.Read(path, options, trained, needs, rows => Read(rows, options, planOf(rows)));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"'{path}' cannot be read: {error.Message.ReplaceLineEndings(" ")}", error);
        }
    }

    /// <summary>Reads all rows.</summary>
    internal static RawTable Read(ITableRows rows, TableOptions options, TablePlan plan)
    {
        var table = new RawTable(rows.Path, rows.Where.Split(' ')[0], plan);
        var missing = new HashSet<string>(options.MissingCells, StringComparer.Ordinal) { "" };
        var format = new NumberFormatInfo { NumberDecimalSeparator = rows.DecimalSeparator.ToString(), NumberGroupSeparator = "" };
        TableColumn[] columns = [.. plan.Features, .. plan.Targets];
        var numbers = new double[Math.Max(1, plan.Numbers)];
        var words = new int[plan.Words + 1];
        var read = 0;
        while (rows.Next())
        {
            read++;
            if (!plan.Targets.Any(target => target.MayMiss && missing.Contains(rows[target.Position])))
            {
                foreach (var column in columns)
                {
                    Take(column, rows[column.Position]);
                }

                words[^1] = rows.Number;
                table.Add(numbers, words);
            }

            if (rows.MemoryRefusal(read, table.RowBytes) is { } refusal)
            {
                throw new BadInputException(refusal);
            }
        }

        table.Seal();
        return table.Count > 0 ? table : throw new BadInputException($"'{rows.Path}' has {(read > 0 ? "no row with a target" : "a header but no rows")}");

        void Take(TableColumn column, string cell)
        {
            if (missing.Contains(cell))
            {
                if (!column.MayMiss)
                {
                    throw Bad(column, $"{CellText.Shown(cell)} is a missing value; {(plan.Targets.Contains(column) ? plan.IsNew ? "leave such rows out, or train with the table's SkipWithoutTarget as true" : "set the table's SkipWithoutTarget to true to leave such rows out" : column.IsWord ? "set the table's MissingCategories to the most frequent one or a category of its own" : "set the table's MissingNumbers to mean, median or the most frequent one")}");
                }

                if (column.IsWord)
                {
                    words[column.Index] = RawTable.NoWord;
                }
                else
                {
                    numbers[column.Index] = double.NaN;
                }
            }
            else if (column.IsWord)
            {
                words[column.Index] = table.Code(column.Index, cell);
            }
            else
            {
                numbers[column.Index] = double.TryParse(cell, NumberStyles.Float, format, out var value) && double.IsFinite((float)value)
                    ? value
                    : throw Bad(column, $"{CellText.Shown(cell)} is not a finite number{Advice(column, cell)}");
            }
        }

        BadInputException Bad(TableColumn column, string what) => new($"'{rows.Path}', {rows.Where}, column '{column.Name}': {what}");

        string Advice(TableColumn column, string cell)
        {
            var other = rows.DecimalSeparator == '.' ? ',' : '.';
            if (cell.Contains(other, StringComparison.Ordinal) && cell.All(character => char.IsAsciiDigit(character) || character is '.' or ',' or '-' or '+'))
            {
                return $"; are its decimals behind a {(other == ',' ? "comma" : "point")}? Then set the table's DecimalSeparator to it; a separator of thousands has to go";
            }

            return !cell.Any(char.IsLetter) ? ""
                : plan.Targets.Contains(column) ? "; are these classes? Then set the table's Kind to Class"
                : "; is it a category? Then put the column into the table's Categorical, or into Ignore; does it stand for a missing value? Then put it into MissingCells";
        }
    }
}
