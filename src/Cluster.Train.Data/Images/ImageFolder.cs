namespace Cluster.Train.Data;

/// <summary>Finds images in folders. What lies there and is no image is refused, so that nothing is left out unnoticed.</summary>
internal static class ImageFolder
{
    private static readonly string[] s_endings = [".png", ".jpg", ".jpeg"];

    // What file managers leave behind; hidden files are not looked at, either.
    private static readonly string[] s_strays = ["Thumbs.db", "desktop.ini"];

    private static readonly EnumerationOptions s_visible = new() { IgnoreInaccessible = false, AttributesToSkip = FileAttributes.Hidden | FileAttributes.System };

    /// <summary>The class folders of a folder, by name.</summary>
    /// <exception cref="BadInputException">There is no such folder, or images lie beside the class folders.</exception>
    internal static string[] Classes(string folder)
    {
        Require(folder);
        var loose = Seen(folder, () => Directory.EnumerateFiles(folder, "*", s_visible).Where(HasEnding).Order(StringComparer.Ordinal).FirstOrDefault());
        return loose is null
            ? Seen(folder, () => Directory.EnumerateDirectories(folder, "*", s_visible).Select(path => Path.GetFileName(path)!).Where(IsShown).Order(StringComparer.Ordinal).ToArray())
            : throw new BadInputException($"image '{loose}' belongs to no class: it lies beside the folders of the classes; put it into one of them");
    }

    /// <summary>All images in a folder and below it, by name.</summary>
    /// <param name="root">What their names begin after.</param>
    /// <param name="folder">The folder.</param>
    /// <exception cref="BadInputException">There is no such folder, or something in it is no image.</exception>
    internal static ImageFile[] Images(string root, string folder)
    {
        Require(folder);
        return Seen(folder, () =>
        {
            var all = Directory.EnumerateFiles(folder, "*", new EnumerationOptions { IgnoreInaccessible = false, AttributesToSkip = s_visible.AttributesToSkip, RecurseSubdirectories = true, MaxRecursionDepth = 16 });
            ImageFile[] images = [.. all.Select(path => new ImageFile(path, NameBelow(root, path))).Where(file => file.Name.Split('/').All(IsShown)).OrderBy(file => file.Name, StringComparer.Ordinal)];
            return Array.Find(images, file => !HasEnding(file.Path)) is not { } other
                ? images
                : throw new BadInputException($"'{other.Path}' lies among the images, but does not end in .png, .jpg or .jpeg: other formats cannot be read; convert it, or take it away");
        });
    }

    private static string NameBelow(string root, string path) => Path.GetRelativePath(root, path).Replace(Path.DirectorySeparatorChar, '/');

    private static bool IsShown(string name) => !name.StartsWith('.') && !s_strays.Contains(name, StringComparer.OrdinalIgnoreCase);

    private static bool HasEnding(string path) => s_endings.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    private static void Require(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new BadInputException(File.Exists(folder)
                ? $"'{folder}' is a file; give the folder of the images"
                : $"there is no folder '{folder}'; give the one with the images");
        }
    }

    private static T Seen<T>(string folder, Func<T> look)
    {
        try
        {
            return look();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"folder '{folder}' cannot be looked through: {error.Message.ReplaceLineEndings(" ")}", error);
        }
    }
}
