namespace Cluster.Train.Data;

/// <summary>A document.</summary>
/// <param name="Text">Its text; not empty.</param>
/// <param name="Class">Its class; null where the folder has none.</param>
/// <param name="Source">Where it stands, as messages say it.</param>
internal sealed record TextDocument(string Text, string? Class, string Source);

/// <summary>
/// Finds the documents of a path, in an order that depends on names alone: a file has one a line; a folder of folders is a
/// folder a class, a file a document; a folder of files is a file a class, a line a document.
/// </summary>
internal static class TextDocuments
{
    /// <summary>Reads all of them.</summary>
    /// <exception cref="BadInputException">There is none, one is empty, or a file is no text; names it.</exception>
    internal static IReadOnlyList<TextDocument> Read(string? path)
    {
        if (path is null)
        {
            throw new BadInputException("texts are needed: give --data, a folder with a folder for each class (a file a document) or with a file for each class (a line a document)");
        }

        if (File.Exists(path))
        {
            return NoneEmpty(path, Lines(path, name: null));
        }

        if (!Directory.Exists(path))
        {
            throw new BadInputException($"'{path}' is not there; give a folder of texts, or a file with a document a line");
        }

        var folders = Visible(Directory.GetDirectories(path));
        return NoneEmpty(path, folders.Length > 0
            ? folders.SelectMany(folder => Visible(Directory.GetFiles(folder)).Select(file => Whole(file, Path.GetFileName(folder))))
            : Visible(Directory.GetFiles(path)).SelectMany(file => Lines(file, Path.GetFileNameWithoutExtension(file))));
    }

    private static string[] Visible(string[] paths) =>
        [.. paths.Where(path => !Path.GetFileName(path).StartsWith('.')).Order(StringComparer.Ordinal)];

    private static TextDocument Whole(string file, string name) => new(Utf8File.Read(file), name, $"'{file}'");

    private static IEnumerable<TextDocument> Lines(string file, string? name)
    {
        var lines = Utf8File.Read(file).ReplaceLineEndings("\n").Split('\n');
        var count = lines[^1].Length == 0 ? lines.Length - 1 : lines.Length;
        return lines.Take(count).Select((line, number) => new TextDocument(line, name, Invariant($"'{file}', line {number + 1},")));
    }

    private static TextDocument[] NoneEmpty(string path, IEnumerable<TextDocument> documents)
    {
        TextDocument[] all = [.. documents];
        if (all.Length == 0)
        {
            throw new BadInputException($"'{path}' holds no texts; give a folder with a folder for each class (a file a document) or with a file for each class (a line a document)");
        }

        return all.FirstOrDefault(document => string.IsNullOrWhiteSpace(document.Text)) is { } empty
            ? throw new BadInputException($"{empty.Source} is an empty document; take it out, or write something")
            : all;
    }
}
