namespace Cluster.Train.Data;

/// <summary>An image's file.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Name">Its name below the data's folder, with / between its parts: the same on every machine.</param>
internal sealed record ImageFile(string Path, string Name)
{
    /// <summary>Bytes of the file, when it was opened.</summary>
    internal long Length { get; init; }

    /// <summary>SHA-256 of the content, when it was opened.</summary>
    internal byte[] Hash { get; init; } = [];

    /// <summary>Whether it is a JPEG file.</summary>
    internal bool IsJpeg { get; init; }
}
