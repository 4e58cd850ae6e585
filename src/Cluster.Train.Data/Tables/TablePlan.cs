namespace Cluster.Train.Data;

/// <summary>A column that is read.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Position">Where it stands in the file, counted from 0.</param>
/// <param name="IsWord">Whether its cells are categories or classes, and no numbers.</param>
/// <param name="Index">Which of the columns of words, or of numbers, it is.</param>
/// <param name="MayMiss">Whether a cell may be without a value.</param>
internal sealed record TableColumn(string Name, int Position, bool IsWord, int Index, bool MayMiss);

/// <summary>The columns that are read, features in the model's order and then targets.</summary>
internal sealed record TablePlan(IReadOnlyList<TableColumn> Features, IReadOnlyList<TableColumn> Targets)
{
    /// <summary>Whether the rows are new ones of a training that is over, and so of options that stand.</summary>
    internal bool IsNew { get; private init; }

    internal int Numbers => Features.Concat(Targets).Count(column => !column.IsWord);

    internal int Words => Features.Concat(Targets).Count(column => column.IsWord);

    /// <summary>Finds the columns of a table to train with.</summary>
    /// <exception cref="BadInputException">A column is not there, there twice, or a row index; names those that are there.</exception>
    internal static TablePlan Of(ITableRows rows, TableOptions options)
    {
        foreach (var name in options.Ignore.Where(name => name.Length > 0).Concat(options.Categorical).Concat(options.MissingIn.Keys))
        {
            Position(rows, name);
        }

        var named = rows.Names.Where(name => !options.Targets.Contains(name, StringComparer.Ordinal) && !options.Ignore.Contains(name, StringComparer.Ordinal)).ToList();
        IReadOnlyList<string> features = options.Features.Count > 0 ? options.Features : named;
        options.Targets.ToList().ForEach(target => Position(rows, target));
        if (features.Count == 0)
        {
            throw new BadInputException($"'{rows.Path}' has no column to predict '{options.Targets[0]}' from; its columns are {CellText.List(rows.Names.ToList())}");
        }

        if (options.Features.Count == 0 && RowIndex.Of(features) is { } index)
        {
            var leave = index.Length == 0 ? "Put \"\" into the table's Ignore to leave such a column out" : $"Put \"{index}\" into the table's Ignore to leave it out";
            throw new BadInputException($"{RowIndex.Told(rows.Path, rows.Names, index)} {leave}, or name the columns of numbers in the table's Features");
        }

        if (options.MissingIn.Keys.FirstOrDefault(name => !features.Contains(name, StringComparer.Ordinal)) is { } unused)
        {
            throw new BadInputException($"'{unused}' is no feature, so nothing can be said about its missing cells; its features are {CellText.List(features.ToList())}");
        }

        return Make(
            rows, features.Select(name => (name, options.Categorical.Contains(name, StringComparer.Ordinal))),
            (name, isWord) => options.MissingOf(name, isWord) != MissingRule.Refuse, options.Targets, options.Kind == TargetKind.Class, options.SkipWithoutTarget);
    }

    /// <summary>Finds the columns of new rows, which need no targets.</summary>
    /// <exception cref="BadInputException">A column is not there.</exception>
    internal static TablePlan OfNew(ITableRows rows, FittedTable fitted) => OfNew(rows, fitted, [], targetMayMiss: false);

    /// <summary>Finds the columns of new rows that have their targets.</summary>
    /// <exception cref="BadInputException">A column is not there.</exception>
    internal static TablePlan OfNewLabelled(ITableRows rows, FittedTable fitted, bool targetMayMiss) =>
        OfNew(rows, fitted, [.. fitted.Targets.Select(target => target.Name)], targetMayMiss);

    private static TablePlan OfNew(ITableRows rows, FittedTable fitted, IReadOnlyList<string> targets, bool targetMayMiss) => Make(
        rows, fitted.Columns.Select(column => (column.Name, column.IsCategory)), (name, _) => fitted.Columns.First(column => column.Name == name).MayMiss, targets, fitted.Targets[0].Classes is not null, targetMayMiss) with
    {
        IsNew = true,
    };

    private static TablePlan Make(
        ITableRows rows, IEnumerable<(string Name, bool IsWord)> features, Func<string, bool, bool> mayMiss, IReadOnlyList<string> targets, bool targetIsWord, bool targetMayMiss)
    {
        var (numbers, words) = (0, 0);
        return new TablePlan(
            [.. features.Select(feature => Column(feature.Name, feature.IsWord, mayMiss(feature.Name, feature.IsWord)))],
            [.. targets.Select(target => Column(target, targetIsWord, targetMayMiss))]);

        TableColumn Column(string name, bool isWord, bool may) => new(name, Position(rows, name), isWord, isWord ? words++ : numbers++, may);
    }

    private static int Position(ITableRows rows, string name)
    {
        var positions = rows.Names.Index().Where(column => column.Item == name).Select(column => column.Index).ToList();
        return positions.Count == 1
            ? positions[0]
            : throw new BadInputException(positions.Count > 1
                ? Invariant($"'{rows.Path}' has two columns '{name}' ({positions[0] + 1} and {positions[1] + 1}); rename one")
                : $"'{rows.Path}' has no column '{name}'; its columns are {CellText.List(rows.Names.ToList())}{Advice(rows.Names, name)}");
    }

    private static string Advice(IReadOnlyList<string> names, string name)
    {
        if (names is [var only] && ";\t| ,".FirstOrDefault(only.Contains) is var delimiter and not '\0')
        {
            return $"; are its cells separated by {(delimiter == ' ' ? "white space" : $"'{CellText.Visible(delimiter.ToString())}'")}? Then set the table's Delimiter to it";
        }

        if (2 * names.Count(cell => double.TryParse(cell, System.Globalization.CultureInfo.InvariantCulture, out _)) > names.Count && names[0] != "1")
        {
            return "; is that a row of numbers? Then set the table's HasHeader to false, and its columns are called 1, 2, …";
        }

        return names.FirstOrDefault(other => string.Equals(other, name, StringComparison.OrdinalIgnoreCase)) is { } alike ? $"; did you mean '{alike}'?" : "";
    }
}
