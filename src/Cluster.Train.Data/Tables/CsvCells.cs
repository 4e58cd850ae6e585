using System.Globalization;

namespace Cluster.Train.Data;

/// <summary>The numbers and classes of a table's current row.</summary>
internal sealed class CsvCells(string path, CsvLayout layout, CsvColumns columns, CsvRows rows)
{
    private const int MostValues = 1000;

    private readonly NumberFormatInfo _format = new() { NumberDecimalSeparator = layout.DecimalSeparator.ToString() };
    private readonly Dictionary<string, long> _labels = layout.ClassLabels.Index().ToDictionary(label => label.Item, label => (long)label.Index, StringComparer.Ordinal);
    private readonly HashSet<string> _missing = new(layout.MissingValues, StringComparer.Ordinal);
    private readonly HashSet<string> _classes = new(StringComparer.Ordinal);

    /// <summary>Whether a cell that is used has no value.</summary>
    internal bool LacksValue() =>
        _missing.Count > 0 && (_missing.Contains(rows[columns.Target]) || Array.Exists(columns.Positions, position => _missing.Contains(rows[position])));

    /// <summary>A quantity.</summary>
    /// <exception cref="BadInputException">The cell is none; names line, column, and what to do.</exception>
    internal float Number(int column)
    {
        var cell = rows[column];
        return float.TryParse(cell, NumberStyles.Float, _format, out var value) && float.IsFinite(value)
            ? value
            : throw Bad(column, cell, layout.DecimalSeparator == '.' ? "a finite number with a decimal point" : "a finite number with a decimal comma", Advice(column, cell));
    }

    /// <summary>The target's class.</summary>
    /// <exception cref="BadInputException">The cell is none; names line, column, the values that the column has, and what to do.</exception>
    internal long Class()
    {
        var cell = rows[columns.Target];
        if (_labels.Count > 0)
        {
            return _labels.TryGetValue(cell, out var label) ? label : throw BadClass(cell, $"one of the class labels {CellText.List(layout.ClassLabels.ToList())}");
        }

        if (_classes.Count < MostValues)
        {
            _classes.Add(cell);
        }

        return long.TryParse(cell, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && (layout.Classes is null || value < layout.Classes)
            ? value
            : throw BadClass(cell, layout.Classes is { } classes ? Invariant($"a class number from 0 to {classes - 1}") : "a class number: 0, 1, 2, …");
    }

    /// <summary>Refuses a table in which no row is of class 0, if nobody said how many classes there are: the classes count from 1, then.</summary>
    /// <exception cref="BadInputException">Shows the values that the column has.</exception>
    internal void CheckClasses()
    {
        if (_labels.Count == 0 && layout.Classes is null && _classes.Count is > 0 and < MostValues && !_classes.Any(cell => cell.TrimStart('0').Length == 0))
        {
            throw new BadInputException($"'{path}', column '{columns.Names[columns.Target]}' has no class 0; {Labels()}, or Classes to their number if 0 is only missing here");
        }
    }

    private BadInputException BadClass(string cell, string needed)
    {
        var line = rows.Line;
        while (_classes.Count < MostValues && rows.Next())
        {
            columns.CheckWidth(path, rows);
            if (!LacksValue())
            {
                _classes.Add(rows[columns.Target]);
            }
        }

        return Bad(columns.Target, cell, needed, cell.Length == 0 ? Missing("\"\"") : Labels(), line);
    }

    private string Labels()
    {
        var values = _classes.OrderBy(value => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : double.MaxValue)
            .ThenBy(value => value, StringComparer.Ordinal).ToList();
        return $"its values are {CellText.List(values)}: set the layout's ClassLabels to its classes, in the order of the numbers 0, 1, 2, … that they get";
    }

    private string Advice(int column, string cell)
    {
        var other = layout.DecimalSeparator == '.' ? ',' : '.';
        if (cell.Length == 0 || cell is "?" or "-" or "." || IsAnyOf(cell, "NA", "N/A", "NaN", "null", "none", "nil"))
        {
            return Missing(cell.Length == 0 ? "\"\"" : $"'{cell}'");
        }

        if (cell.Contains(other, StringComparison.Ordinal) && cell.Trim('+', '-').All(character => char.IsAsciiDigit(character) || character is '.' or ',' or 'e' or 'E' or '-' or '+'))
        {
            return cell.Count(character => character is '.' or ',') == 1
                ? $"are its decimals behind a {(other == ',' ? "comma? Then set the layout's DecimalSeparator to it" : "point? Then leave the layout's DecimalSeparator at it")}; a separator of thousands has to go"
                : "a separator of thousands has to go";
        }

        if (double.TryParse(cell, NumberStyles.Float, _format, out _))
        {
            return "it is beyond the range of float32, 3.4e38, or infinite";
        }

        if (rows[0].StartsWith('#'))
        {
            return "take lines of comment out";
        }

        if (!layout.HasHeader && rows.Line <= 2 && !Array.Exists(columns.Positions, position => float.TryParse(rows[position], NumberStyles.Float, _format, out _)))
        {
            return "is the first line a header? Then set the layout's HasHeader to true";
        }

        // Words, dates and times.
        if (!cell.Any(character => char.IsLetter(character) || character is '/' or ':'))
        {
            return "";
        }

        return column == columns.Target
            ? "are these classes? Then set the layout's ClassLabels to them"
            : "name the columns of numbers in the layout's Features, or put this one into Ignore";
    }

    private static bool IsAnyOf(string cell, params ReadOnlySpan<string> words)
    {
        foreach (var word in words)
        {
            if (string.Equals(cell, word, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static string Missing(string mark) => $"does it stand for a missing value? Then put {mark} into the layout's MissingValues to leave such rows out";

    private BadInputException Bad(int column, string cell, string needed, string advice, int? line = null) =>
        new(Invariant($"'{path}', line {line ?? rows.Line}, column '{columns.Names[column]}': {CellText.Shown(cell)} is not {needed}{(advice.Length > 0 ? "; " : "")}{advice}"));
}
