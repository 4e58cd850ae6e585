namespace Cluster.Train.Data;

/// <summary>A CSV file (RFC 4180) with a line for each image: its file, and its class or numbers. Its first line names the columns.</summary>
public sealed record ImageTable
{
    /// <summary>The CSV file.</summary>
    public required string Path { get; init; }

    /// <summary>Where the images are. <b>Default</b>: null, the folder in which the CSV file is.</summary>
    public string? Folder { get; init; }

    /// <summary>The column of the files' names, below <see cref="Folder"/>. <b>Default</b>: "file".</summary>
    public string FileColumn { get; init; } = "file";

    /// <summary>The column of the classes' names. <b>Default</b>: "label".</summary>
    public string ClassColumn { get; init; } = "label";

    /// <summary>Columns of numbers that are to be predicted instead of a class, with a decimal point. <b>Default</b>: none.</summary>
    public IReadOnlyList<string> NumberColumns { get; init; } = [];

    /// <summary>What stands between two cells. <b>Default</b>: a comma.</summary>
    public char Delimiter { get; init; } = ',';
}
