using Cluster.Train.Data;

namespace Cluster.Train.Cli.Tasks;

/// <summary>Where MNIST's four files lie, under any of the names and in any of the folders in which they are handed on.</summary>
internal sealed class MnistFiles
{
    private const int MostListed = 8;

    // Where torchvision unpacks them.
    private static readonly string[] Below = ["", Path.Combine("MNIST", "raw"), "raw"];

    private MnistFiles(string folder) => Folder = folder;

    /// <summary>The folder in which they lie.</summary>
    internal string Folder { get; }

    /// <summary>Looks into a folder, and below it.</summary>
    /// <returns>The first place that has any of the files; the folder itself where none has.</returns>
    internal static MnistFiles In(string folder)
    {
        string[] names = [Images("t10k"), Labels("t10k"), Images("train"), Labels("train")];
        var places = Array.ConvertAll(Below, below => new MnistFiles(below.Length == 0 ? folder : Path.Combine(folder, below)));
        return Array.Find(places, place => Array.Exists(names, name => place.Find(name) is not null)) ?? places[0];
    }

    /// <summary>Name of a set's images.</summary>
    internal static string Images(string set) => $"{set}-images-idx3-ubyte";

    /// <summary>Name of a set's labels.</summary>
    internal static string Labels(string set) => $"{set}-labels-idx1-ubyte";

    /// <summary>A file, by its name, by that with a dot, or in a folder of its name; with .gz or without. Null where there is none.</summary>
    internal string? Find(string name)
    {
        var dotted = name.Replace("-idx", ".idx", StringComparison.Ordinal);
        return IdxFile.Find(Folder, name)
            ?? IdxFile.Find(Folder, dotted)
            ?? IdxFile.Find(Path.Combine(Folder, name), name)
            ?? IdxFile.Find(Path.Combine(Folder, dotted), dotted);
    }

    /// <summary>A file or folder that seems to belong to a set; null where there is none.</summary>
    internal string? Alike(string set) => Entries().Find(entry => entry.StartsWith(set, StringComparison.OrdinalIgnoreCase));

    /// <summary>What a user sees there, in words.</summary>
    internal string WhatLiesThere() => Entries() switch
    {
        [] => "it is empty",
        { Count: > MostListed } many => Invariant($"in it lie {string.Join(", ", many.Take(MostListed))} and {many.Count - MostListed} more"),
        var few => $"in it lie {string.Join(", ", few)}",
    };

    private List<string> Entries() =>
        [.. Directory.EnumerateFileSystemEntries(Folder)
            .Select(entry => Path.GetFileName(entry) + (Directory.Exists(entry) ? "/" : ""))
            .Order(StringComparer.Ordinal)];
}
