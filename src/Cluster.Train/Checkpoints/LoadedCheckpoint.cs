using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Cluster.Train.Checkpoints;

/// <summary>
/// A checkpoint that was verified as a whole: every file has the length and the SHA-256 that the manifest says, and
/// the manifest those of <c>SHA256SUMS</c>. Its files stay open, so that what was verified is what is read, even if
/// the directory is removed meanwhile.
/// </summary>
internal sealed class LoadedCheckpoint : IDisposable
{
    private LoadedCheckpoint(string path, CheckpointManifest manifest, SafeTensorsFile model, SafeTensorsFile optimizer)
    {
        DirectoryPath = path;
        Manifest = manifest;
        Model = model;
        Optimizer = optimizer;
    }

    /// <summary>Its directory.</summary>
    public string DirectoryPath { get; }

    /// <summary>Job and position.</summary>
    public CheckpointManifest Manifest { get; }

    /// <summary>The model's state dictionary: parameters and buffers.</summary>
    public SafeTensorsFile Model { get; }

    /// <summary>The optimizer's state; without tensors for a rule without state.</summary>
    public SafeTensorsFile Optimizer { get; }

    /// <summary>Opens the checkpoint of a directory and verifies all of it.</summary>
    /// <exception cref="BadInputException">A file is missing, cut, damaged or of a newer format; the message names checkpoint and file.</exception>
    public static LoadedCheckpoint Open(string directory)
    {
        var path = Path.GetFullPath(directory);
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
        var manifest = ReadManifest(path, name);
        SafeTensorsFile? model = null;
        try
        {
            model = OpenTensors(path, name, manifest.Files[0]);
            return new LoadedCheckpoint(path, manifest, model, OpenTensors(path, name, manifest.Files[1]));
        }
        catch
        {
            model?.Dispose();
            throw;
        }
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        Model.Dispose();
        Optimizer.Dispose();
    }

    /// <summary>Reads the manifest, and verifies it and what it says of the directory, but not the tensors' bytes.</summary>
    /// <exception cref="BadInputException">The manifest or <c>SHA256SUMS</c> is missing or damaged, or a file has another length.</exception>
    internal static CheckpointManifest ReadManifest(string path, string name)
    {
        var label = $"checkpoint {name}: {CheckpointFiles.Manifest}";
        var bytes = ReadSmall(path, name, CheckpointFiles.Manifest);
        var manifest = ManifestJson.Read(label, bytes);
        if (!manifest.Files.Select(file => file.Name).SequenceEqual([CheckpointFiles.Model, CheckpointFiles.Optimizer]))
        {
            throw new BadInputException($"{label} is damaged: its files are not {CheckpointFiles.Model} and {CheckpointFiles.Optimizer}");
        }

        var sums = Encoding.UTF8.GetString(ReadSmall(path, name, CheckpointFiles.Sums));
        if (sums != CheckpointFiles.SumsOf(manifest, Convert.ToHexStringLower(SHA256.HashData(bytes))))
        {
            throw new BadInputException($"checkpoint {name}: {CheckpointFiles.Manifest} or {CheckpointFiles.Sums} is damaged: they do not agree");
        }

        if (CheckpointManifest.StepOf(name) is { } step && step != manifest.Step)
        {
            throw new BadInputException(Invariant($"checkpoint {name} holds step {manifest.Step}; give the directory its name back, {manifest.DirectoryName}"));
        }

        foreach (var file in manifest.Files) CheckLength(path, name, file);
        return manifest;
    }

    private static byte[] ReadSmall(string path, string name, string file)
    {
        using var handle = OpenFile(path, name, file);
        var length = RandomAccess.GetLength(handle);
        if (length > CheckpointFiles.MaximumManifestLength) throw new BadInputException(Invariant($"checkpoint {name}: {file} is not one: {length} bytes"));
        var bytes = new byte[length];
        try
        {
            var count = RandomAccess.Read(handle, bytes, 0);
            return count == length ? bytes : bytes[..count];
        }
        catch (IOException exception)
        {
            throw new BadInputException($"checkpoint {name}: {file} cannot be read: {exception.Message}", exception);
        }
    }

    private static void CheckLength(string path, string name, CheckpointFile file)
    {
        using var handle = OpenFile(path, name, file.Name);
        var length = RandomAccess.GetLength(handle);
        if (length < file.Length) throw new BadInputException(Invariant($"checkpoint {name}: {file.Name} is cut ({length} of {file.Length} bytes)"));
        if (length > file.Length) throw new BadInputException(Invariant($"checkpoint {name}: {file.Name} is too long ({length} bytes instead of {file.Length})"));
    }

    private static SafeTensorsFile OpenTensors(string path, string name, CheckpointFile file)
    {
        var handle = OpenFile(path, name, file.Name);
        try
        {
            if (CheckpointFiles.Sha256Of(handle) != file.Sha256)
            {
                throw new BadInputException($"checkpoint {name}: {file.Name} is damaged: its SHA-256 is not the one in {CheckpointFiles.Manifest}");
            }
        }
        catch (Exception exception)
        {
            handle.Dispose();
            if (exception is IOException) throw new BadInputException($"checkpoint {name}: {file.Name} cannot be read: {exception.Message}", exception);
            throw;
        }

        return SafeTensorsFile.Open(handle, $"checkpoint {name}: {file.Name}");
    }

    private static SafeFileHandle OpenFile(string path, string name, string file)
    {
        try
        {
            return File.OpenHandle(Path.Combine(path, file));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BadInputException($"checkpoint {name}: {file} is missing", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"checkpoint {name}: {file} cannot be read: {exception.Message}", exception);
        }
    }
}
