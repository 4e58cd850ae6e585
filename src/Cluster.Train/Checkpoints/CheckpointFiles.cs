using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Cluster.Train.Checkpoints;

/// <summary>
/// The files of one checkpoint's directory: manifest, model, optimizer state, and <c>SHA256SUMS</c>, with which
/// <c>sha256sum -c SHA256SUMS</c> verifies the other three by hand.
/// </summary>
internal static class CheckpointFiles
{
    internal const string Manifest = "manifest.json";
    internal const string Model = "model.safetensors";
    internal const string Optimizer = "optimizer.safetensors";
    internal const string Sums = "SHA256SUMS";

    /// <summary>No manifest is near it; keeps a foreign file from filling the memory.</summary>
    internal const long MaximumManifestLength = 16 * 1024 * 1024;

    /// <summary>Writes all files of a checkpoint into a new directory and waits until they are on disk.</summary>
    /// <param name="directory">Does not exist yet.</param>
    /// <param name="content">What to write.</param>
    /// <param name="create">Creates a file at a path, open for writing.</param>
    /// <exception cref="IOException">No space, for example. What was written remains.</exception>
    internal static void Write(string directory, CheckpointContent content, Func<string, Stream> create)
    {
        Directory.CreateDirectory(directory);
        var metadata = new Dictionary<string, string>
        {
            // What Python's loaders ask for before they take a file for PyTorch's.
            ["format"] = "pt",
            ["task"] = content.Manifest.Task,
            ["step"] = Invariant($"{content.Manifest.Step}"),
        };
        var manifest = content.Manifest with
        {
            Files = [WriteTensors(Model, content.Model), WriteTensors(Optimizer, content.Optimizer)],
        };
        var json = ManifestJson.Write(manifest);
        // A manifest that could not be read again must not be found out on the day it is needed.
        ManifestJson.Read(Manifest, json);
        WriteFile(Manifest, stream => stream.Write(json));
        WriteFile(Sums, stream => stream.Write(Encoding.UTF8.GetBytes(SumsOf(manifest, Convert.ToHexStringLower(SHA256.HashData(json))))));
        DirectorySync.Flush(directory);

        CheckpointFile WriteTensors(string name, IReadOnlyList<CheckpointTensor> tensors)
        {
            FileDigest digest = default;
            WriteFile(name, stream => digest = SafeTensorsWriter.Write(stream, tensors, metadata));
            return new CheckpointFile(name, digest.Length, digest.Sha256);
        }

        void WriteFile(string name, Action<Stream> write)
        {
            using var stream = create(Path.Combine(directory, name));
            write(stream);
            stream.Flush();
            (stream as FileStream)?.Flush(flushToDisk: true);
        }
    }

    /// <summary>The content of <c>SHA256SUMS</c>.</summary>
    internal static string SumsOf(CheckpointManifest manifest, string manifestSha256)
    {
        var lines = manifest.Files.Append(new CheckpointFile(Manifest, 0, manifestSha256));
        return string.Concat(lines.Select(file => $"{file.Sha256}  {file.Name}\n"));
    }

    /// <summary>SHA-256 of a whole file, in lower-case hexadecimal.</summary>
    internal static string Sha256Of(SafeFileHandle handle)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[256 * 1024];
        long position = 0;
        while (RandomAccess.Read(handle, buffer, position) is > 0 and var count)
        {
            hash.AppendData(buffer, 0, count);
            position += count;
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
