using System.Security.Cryptography;
using Cluster.Train.Checkpoints;
using Cluster.Train.Training;

namespace Cluster.Train;

/// <summary>
/// The weights that a model begins with, in place of those of <see cref="ITrainingTask.CreateModel"/>: a safetensors file (F32, F16,
/// BF16), a state dictionary of PyTorch's <c>torch.save</c>, or a checkpoint, also of another model. Values go by tensors' names;
/// what is not in both stays as CreateModel made it, and is told.
/// </summary>
public sealed record InitialWeights
{
    /// <summary>SHA-256 of the file, in lower-case hexadecimal. Part of the job: all workers have the same file.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Where it lies, for workers that are not told otherwise; null for a job that goes on from a checkpoint and reads none. Not part of the job's hash.</summary>
    public string? Path { get; init; }

    /// <summary>How the beginnings of its names become the model's. <b>Default</b>: not at all.</summary>
    public NamePrefixes Map { get; init; } = NamePrefixes.None;

    /// <summary>Tensors that are left out, by their names in the file or in the model. <b>Default</b>: none.</summary>
    public NamePatterns Skip { get; init; } = NamePatterns.None;

    /// <summary>The weights of a file, or of a directory's best checkpoint, where a run kept one, or else its newest.</summary>
    /// <exception cref="BadInputException">It is not there or cannot be read.</exception>
    public static InitialWeights FromFile(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var file = FileOf(path);
        using var stream = Read(file);
        return new InitialWeights { Path = System.IO.Path.GetFullPath(file), Sha256 = Convert.ToHexStringLower(SHA256.HashData(stream)) };
    }

    /// <summary>The file that a path names: of a checkpoint, its parameters.</summary>
    internal static string FileOf(string path)
    {
        if (!Directory.Exists(path))
        {
            return path;
        }

        using var checkpoint = CheckpointFinder.Load(CheckpointInfo.BestIn(path)?.Location ?? path, out _);
        return System.IO.Path.Combine(checkpoint.DirectoryPath, CheckpointFiles.Model);
    }

    /// <summary>Opens the file.</summary>
    internal static FileStream Read(string path)
    {
        try
        {
            return File.OpenRead(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"--init: {path} cannot be read: {exception.Message}", exception);
        }
    }
}
