using System.Text;
using Cluster.Train.Training;

namespace Cluster.Train.Data;

/// <summary>Which columns of a table are what, and how its cells are written.</summary>
public sealed record CsvLayout
{
    /// <summary>The column that is to be predicted.</summary>
    public required string Target { get; init; }

    /// <summary>
    /// The columns to predict it from, in the order in which the model gets them. <b>Default</b>: all but the target and
    /// those of <see cref="Ignore"/>.
    /// </summary>
    public IReadOnlyList<string> Features { get; init; } = [];

    /// <summary>Columns that are no features: an index, names, remarks; a column without a name is called "". <b>Default</b>: none.</summary>
    public IReadOnlyList<string> Ignore { get; init; } = [];

    /// <summary>
    /// Float32 for a quantity; Int64 for a class number, which has to be a whole number of at least 0.
    /// <b>Default</b>: Float32, or Int64 where there are <see cref="ClassLabels"/>.
    /// </summary>
    public FieldType TargetType { get; init; } = FieldType.Float32;

    /// <summary>How many classes an Int64 target has, to find numbers beyond; null for any. <b>Default</b>: null.</summary>
    public int? Classes { get; init; }

    /// <summary>
    /// How the target's classes are written where they are not 0, 1, 2, …: the first is class 0, the second class 1, and so
    /// on. For example ["-1", "1"], or ["setosa", "versicolor", "virginica"]. The order is part of the data's
    /// fingerprint. <b>Default</b>: none.
    /// </summary>
    public IReadOnlyList<string> ClassLabels { get; init; } = [];

    /// <summary>
    /// Cells that stand for a missing value, for example ["", "NA", "?"]: a row with one of them in a column that is used is
    /// left out, and counted in <see cref="CsvDataset.SkippedRows"/>. <b>Default</b>: none; then a missing value is refused.
    /// </summary>
    public IReadOnlyList<string> MissingValues { get; init; } = [];

    /// <summary>Whether the first line names the columns. Otherwise they are called "1", "2", and so on. <b>Default</b>: true.</summary>
    public bool HasHeader { get; init; } = true;

    /// <summary>
    /// What stands between two cells; a blank stands for any number of blanks and tabs. A first line such as "sep=;", as
    /// spreadsheets write it, goes before it. <b>Default</b>: a comma.
    /// </summary>
    public char Delimiter { get; init; } = ',';

    /// <summary>What stands before a number's decimals: a point or a comma. Thousands are never grouped. <b>Default</b>: a point.</summary>
    public char DecimalSeparator { get; init; } = '.';

    /// <summary>The file's encoding where it has no byte order mark. <b>Default</b>: UTF-8.</summary>
    public Encoding Encoding { get; init; } = Encoding.UTF8;

    /// <summary>The type of the target's field.</summary>
    internal FieldType FieldOfTarget => ClassLabels.Count > 0 ? FieldType.Int64 : TargetType;

    /// <summary>Refuses what contradicts itself.</summary>
    /// <exception cref="BadInputException">Names the property.</exception>
    internal void Check()
    {
        if (char.IsLetterOrDigit(Delimiter) || (char.IsControl(Delimiter) && Delimiter != '\t') || Delimiter is '"' or '.' or '-' or '+')
        {
            throw new BadInputException($"a table's delimiter cannot be '{CellText.Visible(Delimiter.ToString())}'; give a comma, a semicolon, a tab, or a blank for any white space");
        }

        if (DecimalSeparator is not ('.' or ','))
        {
            throw new BadInputException($"a table's decimal separator cannot be '{CellText.Visible(DecimalSeparator.ToString())}'; give a point or a comma");
        }

        if (Delimiter == DecimalSeparator)
        {
            throw new BadInputException("a table's delimiter and its decimal separator are both a comma; one of the two has to be another");
        }

        if (ClassLabels.Distinct(StringComparer.Ordinal).Count() != ClassLabels.Count)
        {
            throw new BadInputException($"a table's class labels {string.Join(", ", ClassLabels)} have one twice; give each once");
        }

        if (ClassLabels.Count > 0 && Classes is { } classes && classes != ClassLabels.Count)
        {
            throw new BadInputException(Invariant($"a table has {ClassLabels.Count} class labels, but {classes} classes; give as many labels as classes"));
        }
    }
}
