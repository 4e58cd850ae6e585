using Cluster.Train.Training;

namespace Cluster.Train.Data;

/// <summary>What was fitted on the training rows of a table: what a model needs to know of it, without any data.</summary>
public sealed class TablePreparation
{
    private TablePreparation(FittedTable fitted) => Fitted = fitted;

    /// <summary>Names of the targets.</summary>
    public IReadOnlyList<string> Targets => [.. Fitted.Targets.Select(target => target.Name)];

    /// <summary>The classes of the target in the order of their numbers 0, 1, 2, …; none where targets are quantities.</summary>
    public IReadOnlyList<string> Classes => Fitted.Targets[0].Classes is { } classes ? [.. classes] : [];

    /// <summary>Names of the columns that are features, in the order in which the model gets them.</summary>
    public IReadOnlyList<string> Features => [.. Fitted.Columns.Select(column => column.Name)];

    /// <summary>Extent of the field "features": numbers, and 0 and 1 for each category in one-hot encoding.</summary>
    public int Width => TableEncoder.WidthOf(Fitted);

    /// <summary>How many numbers each column of the field "categories" has, for embeddings; none in one-hot encoding.</summary>
    public IReadOnlyList<int> CategoryCounts => [.. Fitted.Columns.Where(column => column.IsCategory && Fitted.Encoding == CategoryEncoding.Number).Select(column => column.Width(Fitted.Encoding))];

    /// <summary>Numbers that the model has to answer: one for each class, or for each quantity.</summary>
    public int Outputs => Classes.Count > 0 ? Classes.Count : Fitted.Targets.Length;

    /// <summary>How quantities were scaled; null for classes.</summary>
    public TargetScaling? TargetScaling => Classes.Count > 0
        ? null
        : new TargetScaling([.. Fitted.Targets.Select(target => target.Factor!.Value)], [.. Fitted.Targets.Select(target => target.Offset!.Value)]);

    internal FittedTable Fitted { get; }

    /// <summary>Reads <see cref="TaskData.Preparation"/> of data that <see cref="TableDataset"/> opened.</summary>
    /// <exception cref="BadInputException">It is none.</exception>
    public static TablePreparation Parse(string? preparation) => new(FittedTable.Read(preparation));
}
