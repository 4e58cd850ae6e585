namespace Cluster.Train.Data;

/// <summary>Makes of a table's rows what a model gets.</summary>
internal sealed class TableEncoder
{
    private readonly RawTable _table;
    private readonly (TableColumn Column, FittedColumn Fitted, int[] Numbers)[] _columns;
    private readonly (TableColumn Column, FittedTarget Fitted, int[] Numbers)[] _targets;
    private readonly CategoryEncoding _encoding;

    internal TableEncoder(RawTable table, FittedTable fitted)
    {
        _table = table;
        _encoding = fitted.Encoding;
        _columns = [.. table.Plan.Features.Zip(fitted.Columns, (column, own) => (column, own, NumbersOf(column, own.Categories)))];
        _targets = [.. table.Plan.Targets.Zip(fitted.Targets, (column, own) => (column, own, NumbersOf(column, own.Classes)))];
    }

    internal static int WidthOf(FittedTable fitted) =>
        fitted.Columns.Where(column => !column.IsCategory || fitted.Encoding == CategoryEncoding.OneHot).Sum(column => column.Width(fitted.Encoding));

    /// <summary>Refuses a category or a class that training has not seen, where it cannot be "another one".</summary>
    internal void Check(int row)
    {
        foreach (var (column, fitted, numbers) in _columns)
        {
            if (column.IsWord && fitted.Other != true && _table.Word(row, column) is >= 0 and var word && numbers[word] < 0)
            {
                throw new BadInputException(
                    $"{_table.Where(row)}, column '{column.Name}': {CellText.Shown(_table.Values(column)[word])} is a category that no training row has, which has {CellText.List(fitted.Categories!.Value)}; leave such rows out, or train with the table's Unseen as Other");
            }
        }

        foreach (var (column, fitted, numbers) in _targets)
        {
            if (column.IsWord && numbers[_table.Word(row, column)] < 0)
            {
                throw new BadInputException(
                    $"{_table.Where(row)}, column '{column.Name}': {CellText.Shown(_table.Values(column)[_table.Word(row, column)])} is a class that no training row has, which has {CellText.List(fitted.Classes!.Value)}; {(_table.Plan.IsNew ? "" : "set the table's Split to Stratified, or ")}leave such rows out");
            }
        }
    }

    /// <summary>The features of a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="features">Gets numbers, and one-hot categories.</param>
    /// <param name="categories">Gets categories as numbers, where they are encoded so.</param>
    internal void Features(int row, Span<float> features, Span<long> categories)
    {
        features.Clear();
        var (feature, next) = (0, 0);
        foreach (var (column, fitted, numbers) in _columns)
        {
            if (!column.IsWord)
            {
                var value = _table.Number(row, column);
                features[feature++] = (float)(((double.IsNaN(value) ? fitted.Fill!.Value : value) - fitted.Offset!.Value) / fitted.Factor!.Value);
                continue;
            }

            var width = fitted.Width(_encoding);
            var number = NumberOf(_table.Word(row, column), fitted, numbers);
            if (_encoding == CategoryEncoding.Number)
            {
                categories[next++] = number < 0 ? width - 1 : number;
                continue;
            }

            if (number >= 0)
            {
                features[feature + number] = 1;
            }

            feature += width;
        }
    }

    /// <summary>The class of a row.</summary>
    internal long Class(int row) => _targets[0].Numbers[_table.Word(row, _targets[0].Column)];

    /// <summary>The scaled quantities of a row.</summary>
    internal void Quantities(int row, Span<float> into)
    {
        for (var target = 0; target < _targets.Length; target++)
        {
            var (column, fitted, _) = _targets[target];
            into[target] = (float)((_table.Number(row, column) - fitted.Offset!.Value) / fitted.Factor!.Value);
        }
    }

    private static int NumberOf(int word, FittedColumn fitted, int[] numbers) =>
        word != RawTable.NoWord ? numbers[word] : fitted.FillCategory ?? fitted.Categories!.Value.Length;

    private int[] NumbersOf(TableColumn column, IReadOnlyList<string>? known)
    {
        if (known is null)
        {
            return [];
        }

        var numbers = known.Index().ToDictionary(category => category.Item, category => category.Index, StringComparer.Ordinal);
        return [.. _table.Values(column).Select(word => numbers.GetValueOrDefault(word, -1))];
    }
}
