namespace Cluster.Train.Hosting.Results;

/// <summary>Files that a run writes at its end: tried before it begins, written whole or not at all.</summary>
internal static class OutputFile
{
    /// <summary>Finds out whether a file can be written, without touching it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="source">The option or variable that names it.</param>
    /// <exception cref="BadInputException">It cannot, and why.</exception>
    public static void Probe(string path, string source)
    {
        if (Directory.Exists(path)) throw new BadInputException($"{source} is '{path}', which is a folder: give a file");
        if (IsDevice(path)) throw new BadInputException($"{source} is '{path}', which is no file but a device, and would be replaced by one: give a file");
        var folder = FolderOf(path);
        if (!Directory.Exists(folder)) throw new BadInputException($"{source} is '{path}', but there is no folder '{folder}': make it first");
        if (File.Exists(path) && File.GetAttributes(path).HasFlag(FileAttributes.ReadOnly)) throw new BadInputException($"{source} is '{path}', which is read-only");
        ProbeFolder(folder, path, source);
    }

    /// <summary>Finds out whether files can be made in a folder; makes the folder.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="source">The option or variable that names it.</param>
    /// <exception cref="BadInputException">They cannot, and why.</exception>
    public static void ProbeDirectory(string path, string source)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new BadInputException($"{source} is '{path}', which cannot be made: {exception.Message}", exception);
        }

        ProbeFolder(path, path, source);
    }

    /// <summary>Writes a file beside its place, then moves it there.</summary>
    public static void Write(string path, Action<string> write) => WriteAsync(path, temporary =>
    {
        write(temporary);
        return Task.CompletedTask;
    }).GetAwaiter().GetResult();

    /// <summary>The same, for what takes its time.</summary>
    public static async Task WriteAsync(string path, Func<string, Task> write)
    {
        var temporary = Temporary(FolderOf(path), Path.GetExtension(path));
        try
        {
            await write(temporary);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TrainingFaultException($"the run has ended, but '{path}' cannot be written: {exception.Message}", exception);
        }
        finally
        {
            if (File.Exists(temporary)) File.Delete(temporary);
        }
    }

    private static void ProbeFolder(string folder, string path, string source)
    {
        var probe = Temporary(folder, ".probe");
        try
        {
            File.WriteAllBytes(probe, [0]);
            File.Delete(probe);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The system's words name the probe, of which the user knows nothing.
            var reason = exception is IOException and not FileNotFoundException and not DirectoryNotFoundException
                ? exception.Message.Replace(probe, folder, StringComparison.Ordinal)
                : $"no file can be made in '{folder}'; give another place";
            throw new BadInputException($"{source} is '{path}', which cannot be written: {reason}", exception);
        }
    }

    // What is written beside its place and moved there takes the place of a device, which root may do to the whole machine's /dev/null.
    private static bool IsDevice(string path) =>
        File.Exists(path) && Path.GetFullPath(path) is var full
        && ((full.StartsWith("/dev/", StringComparison.Ordinal) && !full.StartsWith("/dev/shm/", StringComparison.Ordinal)) || full.StartsWith("/proc/", StringComparison.Ordinal));

    private static string FolderOf(string path) => Path.GetDirectoryName(Path.GetFullPath(path)) ?? throw new BadInputException($"'{path}' names no file");

    private static string Temporary(string folder, string extension) => Path.Combine(folder, $".{Guid.NewGuid():N}{extension}");
}
