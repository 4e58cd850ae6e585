using System.Collections.Immutable;
using System.Globalization;

namespace Cluster.Train.Data;

/// <summary>Fits a table's preparation on its training rows. Pure; all sums are in the order of the rows, so that the bits are the same everywhere.</summary>
internal static class TableFit
{
    /// <summary>More classes than that are quantities, or an index.</summary>
    private const int MostClasses = 1_000;

    /// <summary>Of a double. What rounding leaves of a constant, such as between it and the mean that stands in for it, is no deviation.</summary>
    private const double Epsilon = 2.220446049250313e-16;

    /// <summary>Fits.</summary>
    /// <param name="table">The table.</param>
    /// <param name="rows">Its training rows.</param>
    /// <param name="options">How.</param>
    /// <exception cref="BadInputException">A column has no value at all, or the target no classes to tell apart.</exception>
    internal static FittedTable Fit(RawTable table, IReadOnlyList<int> rows, TableOptions options) => new(
        FittedTable.CurrentForm, options.Encoding,
        [.. table.Plan.Features.Select(column => column.IsWord ? Category(table, rows, column, options) : Number(table, rows, column, options))],
        [.. table.Plan.Targets.Select(column => column.IsWord ? Class(table, rows, column) : Quantity(table, rows, column, options))]);

    /// <summary>Words in order: of numbers where all are, else of their characters' codes.</summary>
    internal static IEnumerable<string> Ordered(IEnumerable<string> words)
    {
        var all = words.ToList();
        return all.TrueForAll(word => Value(word) is not null)
            ? all.OrderBy(word => Value(word)).ThenBy(word => word, StringComparer.Ordinal)
            : all.Order(StringComparer.Ordinal);
    }

    /// <summary>What values are shifted and divided by.</summary>
    internal static (double Offset, double Factor) Scale(IReadOnlyList<double> values, ColumnScaling scaling)
    {
        if (scaling == ColumnScaling.None)
        {
            return (0, 1);
        }

        if (scaling == ColumnScaling.MinMax)
        {
            var (least, largest) = (values.Min(), values.Max());
            return (least, largest - least > 10 * Epsilon * Math.Max(Math.Abs(least), Math.Abs(largest)) ? largest - least : 1);
        }

        var mean = Mean(values);
        var squares = 0.0;
        foreach (var value in values)
        {
            squares += (value - mean) * (value - mean);
        }

        // As scikit-learn's _is_constant_feature.
        var (variance, rounding) = (squares / values.Count, values.Count * mean * Epsilon);
        return (mean, variance <= (values.Count * Epsilon * variance) + (rounding * rounding) ? 1 : Math.Sqrt(variance));
    }

    /// <summary>What stands in for missing numbers.</summary>
    internal static double Fill(IReadOnlyList<double> values, MissingRule rule) => rule switch
    {
        MissingRule.Mean => Mean(values),
        MissingRule.Median => Median([.. values.Order()]),
        _ => values.GroupBy(value => value).OrderByDescending(group => group.Count()).ThenBy(group => group.Key).First().Key,
    };

    private static double Mean(IReadOnlyList<double> values)
    {
        var sum = 0.0;
        foreach (var value in values)
        {
            sum += value;
        }

        return sum / values.Count;
    }

    private static double Median(double[] ordered) => ordered.Length % 2 == 1
        ? ordered[ordered.Length / 2]
        : (ordered[(ordered.Length / 2) - 1] + ordered[ordered.Length / 2]) / 2;

    private static FittedColumn Number(RawTable table, IReadOnlyList<int> rows, TableColumn column, TableOptions options)
    {
        var values = rows.Select(row => table.Number(row, column)).ToArray();
        var there = Array.FindAll(values, value => !double.IsNaN(value));
        if (there.Length == 0)
        {
            throw Empty(column);
        }

        var rule = options.MissingOf(column.Name, isCategory: false);
        double? fill = rule == MissingRule.Refuse ? null : Fill(there, rule);
        var (offset, factor) = Scale(fill is { } filled ? Array.ConvertAll(values, value => double.IsNaN(value) ? filled : value) : values, options.Scaling);
        return new FittedColumn(column.Name) { Fill = fill, Offset = offset, Factor = factor };
    }

    private static FittedColumn Category(RawTable table, IReadOnlyList<int> rows, TableColumn column, TableOptions options)
    {
        var counts = Counts(table, rows, column);
        if (counts.Count == 0)
        {
            throw Empty(column);
        }

        ImmutableArray<string> categories = [.. Ordered(counts.Keys)];
        var rule = options.MissingOf(column.Name, isCategory: true);
        return new FittedColumn(column.Name)
        {
            Categories = categories,
            MissingCategory = rule == MissingRule.Category ? true : null,
            Other = options.Unseen == UnseenRule.Other ? true : null,
            // The first of several, as they are in order.
            FillCategory = rule == MissingRule.MostFrequent ? categories.IndexOf(categories.MaxBy(category => counts[category])!) : null,
        };
    }

    private static FittedTarget Class(RawTable table, IReadOnlyList<int> rows, TableColumn column)
    {
        ImmutableArray<string> classes = [.. Ordered(Counts(table, rows, column).Keys)];
        if (classes.Length < 2)
        {
            throw new BadInputException($"target '{column.Name}' has the one class '{classes[0]}' in all rows to train with; it needs two at least");
        }

        var fraction = classes.All(name => Value(name) is not null) ? classes.FirstOrDefault(name => Value(name) is { } value && value != Math.Floor(value)) : null;
        return fraction is null && classes.Length <= MostClasses
            ? new FittedTarget(column.Name) { Classes = classes }
            : throw new BadInputException(Invariant($"target '{column.Name}' has {classes.Length:N0} different values, such as '{fraction ?? classes[^1]}', for classes; is it a quantity? Then set the table's Kind to Quantity"));
    }

    private static FittedTarget Quantity(RawTable table, IReadOnlyList<int> rows, TableColumn column, TableOptions options)
    {
        var (offset, factor) = Scale([.. rows.Select(row => table.Number(row, column))], options.TargetScaling);
        return new FittedTarget(column.Name) { Offset = offset, Factor = factor };
    }

    private static Dictionary<string, int> Counts(RawTable table, IReadOnlyList<int> rows, TableColumn column)
    {
        var values = table.Values(column);
        return rows.Select(row => table.Word(row, column)).Where(word => word != RawTable.NoWord)
            .CountBy(word => values[word]).ToDictionary(StringComparer.Ordinal);
    }

    private static double? Value(string word) =>
        double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value : null;

    private static BadInputException Empty(TableColumn column) => new($"column '{column.Name}' has no value in any row to train with; put it into the table's Ignore");
}
