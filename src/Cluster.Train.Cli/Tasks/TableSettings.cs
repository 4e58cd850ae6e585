using System.Globalization;
using Cluster.Train.Data;
using Cluster.Train.Training;

namespace Cluster.Train.Cli.Tasks;

/// <summary>What the options of <see cref="TableTask"/> say.</summary>
internal static class TableSettings
{
    internal static readonly IReadOnlyList<TaskOption> Options =
    [
        new("target", "The column to predict; several quantities with commas between. Without a header, columns are called 1, 2, …", ""),
        new("kind", "What the target is: one of several classes, or a quantity.", "class", "class", "quantity"),
        new("features", "Columns to predict it from; all others where none are named.", ""),
        new("ignore", "Columns that are no features; \"\" is one without a name.", ""),
        new("categorical", "Features that are categories, and no numbers.", ""),
        new("encode", "How categories reach the model: one-hot, or as embeddings that it learns.", "one-hot", "one-hot", "embedding"),
        new("unseen", "A category that no training row has: refused, or another one of its own.", "refuse", "refuse", "other"),
        new("missing", "What stands in for missing cells: refuse, mean, median, most-frequent or category (one of its own), for all columns or as COLUMN=RULE; with commas between.", "refuse"),
        new("missing-cells", "Cells that are missing, beside empty ones.", "?,NA,N/A,NaN,nan,null,NULL"),
        new("missing-target", "Rows without a target: refused, or skipped.", "refuse", "refuse", "skip"),
        new("scale", "How numbers are scaled: (x - mean) / deviation, to 0 to 1, or not.", "standard", "standard", "min-max", "none"),
        new("scale-target", "How a quantity is scaled in training; errors and predictions are in its own unit.", "standard", "standard", "min-max", "none"),
        new("split", "Rows for evaluation: stratified keeps each class's share; auto does where there are classes.", "auto", "auto", "shuffled", "stratified"),
        new("test-share", "The share of rows for evaluation, from 0 to below 1.", "0.2"),
        new("test-file", "A file beside --data to evaluate with, in place of a split.", ""),
        new("split-seed", "Another number, another split.", "1"),
        new("header", "Whether the first line names the columns.", "yes", "yes", "no"),
        new("columns", "Names for the columns of a file without header.", ""),
        new("delimiter", "Between cells: comma, semicolon, tab, blank (any white space), or a character.", "comma"),
        new("decimal", "Before a number's decimals.", "point", "point", "comma"),
        new("hidden", "Widths of the hidden layers, with commas between; none for a linear model.", "32,16"),
        new("dropout", "The share of a hidden layer's outputs that is left out in training, from 0 to below 1.", "0"),
    ];

    /// <summary>How messages name a table's properties, and which options these are.</summary>
    internal static readonly IReadOnlyList<(string Property, string Option)> Names =
    [
        ("UTF-8 or what its layout says; save it as UTF-8, or set the layout's Encoding", "UTF-8; save it as UTF-8"),
        ("the layout's Delimiter", "--delimiter"), ("the table's Delimiter", "--delimiter"), ("the table's DecimalSeparator to it", "--decimal to it"),
        ("the table's HasHeader to false", "--header to no"), ("missing in Columns", "missing in --columns"),
        ("the table's SkipWithoutTarget to true", "--missing-target to skip"), ("the table's SkipWithoutTarget as true", "--missing-target skip"),
        ("the table's MissingCategories to the most frequent one or a category of its own", "--missing to most-frequent or category"),
        ("the table's MissingNumbers to mean, median or the most frequent one", "--missing to mean, median or most-frequent"),
        ("the table's Kind to Class", "--kind to class"), ("the table's Kind to Quantity", "--kind to quantity"),
        ("the table's Ignore to leave such a column out", "--ignore (in a shell, --ignore '\"\"') to leave such a column out"), ("the table's Features", "--features"),
        ("the table's Categorical, or into Ignore", "--categorical, or into --ignore"), ("put it into MissingCells", "put it into --missing-cells"),
        ("the table's Ignore", "--ignore"), ("the table's Unseen as Other", "--unseen other"), ("the table's Split to Stratified", "--split to stratified"),
        ("the table's Split to Shuffled", "--split to shuffled"), ("the table's TestShare", "--test-share"), ("give a file to evaluate with", "give --test-file"),
        ("the table's Encoding to OneHot", "--encode to one-hot"),
    ];

    /// <summary>Has a table opened; messages name options in place of properties.</summary>
    internal static TaskData Named(Func<TaskData> open)
    {
        try
        {
            return open();
        }
        catch (BadInputException error)
        {
            throw new BadInputException(Names.Aggregate(error.Message, (message, name) => message.Replace(name.Property, name.Option, StringComparison.Ordinal)), error);
        }
    }

    /// <summary>Whether the target is one of several classes.</summary>
    internal static bool IsClass(TaskSettings settings) => settings["kind"] == "class";

    /// <summary>Widths of the hidden layers.</summary>
    /// <exception cref="BadInputException">One is no width.</exception>
    internal static IReadOnlyList<int> Hidden(TaskSettings settings) => settings["hidden"] == "none"
        ? []
        : [.. List(settings, "hidden").Select(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var width) && width is > 0 and <= 65_536
            ? width
            : throw new BadInputException($"--hidden is '{settings["hidden"]}'; give widths from 1 to 65536 with commas between, such as 32,16, or none"))];

    /// <summary>The share that is left out.</summary>
    /// <exception cref="BadInputException">It is none.</exception>
    internal static double Dropout(TaskSettings settings) => Share(settings, "dropout");

    /// <summary>How the table is read and prepared.</summary>
    /// <exception cref="BadInputException">An option's value cannot be used; names it.</exception>
    internal static TableOptions Of(TaskSettings settings)
    {
        var missing = Missing(settings);
        var categorical = List(settings, "categorical");
        return new TableOptions
        {
            Targets = List(settings, "target") is { Count: > 0 } targets ? targets : throw new BadInputException("task 'table' needs --target: the column to predict"),
            Kind = IsClass(settings) ? TargetKind.Class : TargetKind.Quantity,
            Features = List(settings, "features"),
            Ignore = [.. List(settings, "ignore").Select(name => name == "\"\"" ? "" : name)],
            Categorical = categorical,
            Encoding = settings["encode"] == "one-hot" ? CategoryEncoding.OneHot : CategoryEncoding.Number,
            Unseen = settings["unseen"] == "refuse" ? UnseenRule.Refuse : UnseenRule.Other,
            MissingNumbers = missing.LastOrDefault(rule => rule.Column is null && rule.Rule != MissingRule.Category).Rule,
            MissingCategories = missing.LastOrDefault(rule => rule.Column is null && rule.Rule is MissingRule.MostFrequent or MissingRule.Category).Rule,
            MissingIn = missing.Where(rule => rule.Column is not null).ToDictionary(rule => rule.Column!, rule => rule.Rule, StringComparer.Ordinal),
            MissingCells = List(settings, "missing-cells"),
            SkipWithoutTarget = settings["missing-target"] == "skip",
            Scaling = Scaling(settings["scale"]),
            TargetScaling = Scaling(settings["scale-target"]),
            Split = settings["split"] switch { "shuffled" => SplitRule.Shuffled, "stratified" => SplitRule.Stratified, _ => null },
            TestShare = Share(settings, "test-share"),
            SplitSeed = long.TryParse(settings["split-seed"], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seed) ? seed : throw Bad(settings, "split-seed", "a whole number"),
            HasHeader = settings["header"] == "yes",
            Columns = List(settings, "columns"),
            Delimiter = Delimiter(settings),
            DecimalSeparator = settings["decimal"] == "point" ? '.' : ',',
        };
    }

    private static List<(string? Column, MissingRule Rule)> Missing(TaskSettings settings)
    {
        var rules = new List<(string?, MissingRule)>();
        foreach (var part in List(settings, "missing"))
        {
            var split = part.LastIndexOf('=');
            rules.Add((split < 0 ? null : part[..split].Trim(), part[(split + 1)..].Trim() switch
            {
                "refuse" => MissingRule.Refuse,
                "mean" => MissingRule.Mean,
                "median" => MissingRule.Median,
                "most-frequent" => MissingRule.MostFrequent,
                "category" => MissingRule.Category,
                _ => throw Bad(settings, "missing", "refuse, mean, median, most-frequent or category, for all columns or as COLUMN=RULE, with commas between"),
            }));
        }

        return rules.GroupBy(rule => rule.Item1).FirstOrDefault(group => group.Key is not null && group.Count() > 1)?.Key is { } twice
            ? throw new BadInputException($"--missing has two rules for '{twice}'; give one")
            : rules;
    }

    private static List<string> List(TaskSettings settings, string option) =>
        [.. settings[option].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];

    private static ColumnScaling Scaling(string text) => text switch
    {
        "min-max" => ColumnScaling.MinMax,
        "none" => ColumnScaling.None,
        _ => ColumnScaling.Standard,
    };

    private static char Delimiter(TaskSettings settings) => settings["delimiter"] switch
    {
        "comma" => ',',
        "semicolon" => ';',
        "tab" or "\\t" => '\t',
        "blank" => ' ',
        [var character] => character,
        _ => throw Bad(settings, "delimiter", "comma, semicolon, tab, blank, or one character"),
    };

    private static double Share(TaskSettings settings, string option) =>
        double.TryParse(settings[option], NumberStyles.Float, CultureInfo.InvariantCulture, out var share) && share is >= 0 and < 1
            ? share
            : throw Bad(settings, option, "a share from 0 to below 1, with a decimal point");

    private static BadInputException Bad(TaskSettings settings, string option, string needed) => new($"--{option} is '{settings[option]}'; give {needed}");
}
