using System.Text;

namespace Cluster.Train.Data;

/// <summary>How a table is written, which of its columns are what, and how they are prepared.</summary>
public sealed record TableOptions
{
    /// <summary>The columns that are to be predicted: one of classes, or any number of quantities.</summary>
    public required IReadOnlyList<string> Targets { get; init; }

    /// <summary>What the targets are.</summary>
    public required TargetKind Kind { get; init; }

    /// <summary>The columns to predict them from, in the order in which the model gets them. <b>Default</b>: all but targets and <see cref="Ignore"/>, in the file's order.</summary>
    public IReadOnlyList<string> Features { get; init; } = [];

    /// <summary>Columns that are no features; one without a name is called "". <b>Default</b>: none.</summary>
    public IReadOnlyList<string> Ignore { get; init; } = [];

    /// <summary>Features whose cells are categories, written as words or numbers; the others are numbers. <b>Default</b>: none.</summary>
    public IReadOnlyList<string> Categorical { get; init; } = [];

    /// <summary>How the model gets categories. <b>Default</b>: one-hot.</summary>
    public CategoryEncoding Encoding { get; init; } = CategoryEncoding.OneHot;

    /// <summary>What becomes of a category that no training row has. <b>Default</b>: it is refused.</summary>
    public UnseenRule Unseen { get; init; } = UnseenRule.Refuse;

    /// <summary>Cells that stand for a missing value, beside those without content. <b>Default</b>: ?, NA, N/A, NaN, nan, null, NULL.</summary>
    public IReadOnlyList<string> MissingCells { get; init; } = ["?", "NA", "N/A", "NaN", "nan", "null", "NULL"];

    /// <summary>What stands in for a missing number. <b>Default</b>: it is refused. <b>Valid values</b>: all but <see cref="MissingRule.Category"/>.</summary>
    public MissingRule MissingNumbers { get; init; } = MissingRule.Refuse;

    /// <summary>What stands in for a missing category. <b>Default</b>: it is refused. <b>Valid values</b>: Refuse, MostFrequent, Category.</summary>
    public MissingRule MissingCategories { get; init; } = MissingRule.Refuse;

    /// <summary>What stands in for missing cells of single columns. <b>Default</b>: as the two above say.</summary>
    public IReadOnlyDictionary<string, MissingRule> MissingIn { get; init; } = new Dictionary<string, MissingRule>();

    /// <summary>Whether rows without a target are left out; otherwise they are refused. <b>Default</b>: false.</summary>
    public bool SkipWithoutTarget { get; init; }

    /// <summary>How numbers are scaled. <b>Default</b>: <see cref="ColumnScaling.Standard"/>.</summary>
    public ColumnScaling Scaling { get; init; } = ColumnScaling.Standard;

    /// <summary>How quantities that are targets are scaled; errors and predictions are told in their own unit. <b>Default</b>: <see cref="ColumnScaling.Standard"/>.</summary>
    public ColumnScaling TargetScaling { get; init; } = ColumnScaling.Standard;

    /// <summary>Which rows are kept for evaluation. <b>Default</b>: null, for stratified where there are classes, else shuffled.</summary>
    public SplitRule? Split { get; init; }

    /// <summary>The share of rows that is kept for evaluation, rounded to whole rows, at least one. <b>Default</b>: 0.2. <b>Valid values</b>: from 0, for none, to below 1.</summary>
    public double TestShare { get; init; } = 0.2;

    /// <summary>What the split depends on: the same rows for the same number, on every machine. <b>Default</b>: 1.</summary>
    public long SplitSeed { get; init; } = 1;

    /// <summary>Whether a CSV file's first line names its columns. <b>Default</b>: true.</summary>
    public bool HasHeader { get; init; } = true;

    /// <summary>Names of all columns of a CSV file without header. <b>Default</b>: none; then they are called "1", "2", and so on.</summary>
    public IReadOnlyList<string> Columns { get; init; } = [];

    /// <summary>What stands between two cells of a CSV file; a blank stands for any number of blanks and tabs. A first line such as "sep=;" goes before it. <b>Default</b>: a comma.</summary>
    public char Delimiter { get; init; } = ',';

    /// <summary>What stands before a number's decimals in a CSV file: a point or a comma. <b>Default</b>: a point.</summary>
    public char DecimalSeparator { get; init; } = '.';

    /// <summary>A CSV file's encoding where it has no byte order mark. <b>Default</b>: UTF-8.</summary>
    public Encoding TextEncoding { get; init; } = System.Text.Encoding.UTF8;

    /// <summary>Which rule holds for a feature.</summary>
    internal MissingRule MissingOf(string column, bool isCategory) =>
        MissingIn.TryGetValue(column, out var rule) ? rule : isCategory ? MissingCategories : MissingNumbers;

    /// <summary>How its CSV file is read.</summary>
    internal CsvLayout Csv => new() { Target = "", Delimiter = Delimiter, DecimalSeparator = DecimalSeparator, Encoding = TextEncoding };

    /// <summary>Refuses what contradicts itself.</summary>
    /// <exception cref="BadInputException">Says what does.</exception>
    internal void Check()
    {
        Csv.Check();
        if (Targets.Count == 0 || Targets.Any(string.IsNullOrEmpty))
        {
            throw new BadInputException("a table needs a target: name the column that is to be predicted");
        }

        if (Kind == TargetKind.Class && Targets.Count > 1)
        {
            throw new BadInputException($"a table has one target of classes, not {CellText.List(Targets.ToList())}; several targets have to be quantities");
        }

        if (Kind == TargetKind.Quantity && Split == SplitRule.Stratified)
        {
            throw new BadInputException("a stratified split keeps the shares of classes, and a quantity has none; set the table's Split to Shuffled");
        }

        if (TestShare is not (>= 0 and < 1))
        {
            throw new BadInputException(Invariant($"the share of rows for evaluation is {TestShare}; it is at least 0, for none, and below 1"));
        }

        CheckOnce();
        CheckMissing();
    }

    private void CheckOnce()
    {
        (string What, IReadOnlyList<string> Names)[] lists = [("targets", Targets), ("features", Features), ("categorical columns", Categorical), ("columns", Columns)];
        foreach (var (what, names) in lists)
        {
            if (names.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1)?.Key is { } twice)
            {
                throw new BadInputException($"a table's {what} {CellText.List(names.ToList())} name '{twice}' twice; name it once");
            }
        }

        if (Features.Concat(Ignore).Concat(Categorical).FirstOrDefault(name => Targets.Contains(name, StringComparer.Ordinal)) is { } both)
        {
            throw new BadInputException($"'{both}' is the target, so it can be neither a feature, nor categorical, nor ignored");
        }

        if (Categorical.FirstOrDefault(name => Ignore.Contains(name, StringComparer.Ordinal) || (Features.Count > 0 && !Features.Contains(name, StringComparer.Ordinal))) is { } unused)
        {
            throw new BadInputException($"'{unused}' is categorical, but no feature; take it out of one of the two");
        }
    }

    private void CheckMissing()
    {
        Check(MissingNumbers, "numbers", isCategory: false);
        Check(MissingCategories, "categories", isCategory: true);
        foreach (var (column, rule) in MissingIn)
        {
            Check(rule, $"column '{column}'", Categorical.Contains(column, StringComparer.Ordinal));
        }

        static void Check(MissingRule rule, string where, bool isCategory)
        {
            if (isCategory ? rule is MissingRule.Mean or MissingRule.Median : rule == MissingRule.Category)
            {
                throw new BadInputException(isCategory
                    ? $"missing cells of {where} cannot be the {(rule == MissingRule.Mean ? "mean" : "median")}, which categories have not: take the most frequent one, or a category of its own"
                    : $"missing cells of {where} cannot be a category of its own, since it is not categorical: take mean, median or the most frequent number");
            }
        }
    }
}
