using Cluster.Train.Training;

namespace Cluster.Train.Checkpoints;

/// <summary>
/// A directory of checkpoints, for the one process that writes into it. Each checkpoint is a directory
/// <c>step-000000123</c>, written whole or not at all: under a temporary name, synchronized to disk, renamed. What
/// the store did not write for the same job it neither replaces nor deletes, and once another process has taken the
/// directory over it changes nothing any more. Thread-safe.
/// For reading see <see cref="CheckpointFinder"/>.
/// </summary>
internal sealed class CheckpointStore : IDisposable
{
    /// <summary>Whoever holds the lock may remove what has this prefix.</summary>
    private const string TemporaryPrefix = ".tmp-";

    private readonly int _keep;
    private readonly Lock _gate = new();
    private CheckpointLock? _lock;

    /// <summary>Describes a store; touches nothing on disk.</summary>
    /// <param name="directory">Where the checkpoints are.</param>
    /// <param name="keep">How many of a job are kept, at least 1.</param>
    /// <exception cref="BadInputException"><paramref name="keep"/> is below 1, or the directory is no path.</exception>
    public CheckpointStore(string directory, int keep)
    {
        if (keep < 1) throw new BadInputException(Invariant($"--keep is {keep}; at least 1 checkpoint is kept"));
        if (string.IsNullOrWhiteSpace(directory) || directory.Contains('\0')) throw new BadInputException("--checkpoint-dir is empty; give a directory");
        Location = Path.GetFullPath(directory);
        _keep = keep;
    }

    /// <summary>Full path of the directory.</summary>
    public string Location { get; }

    /// <summary>How files are created; tests put failing ones here.</summary>
    internal Func<string, Stream> CreateFile { get; init; } =
        path => new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);

    /// <summary>
    /// Creates the directory where it is missing, takes its lock until <see cref="Dispose"/>, tries to write, and
    /// removes what a process that died while saving left behind. To be called before training.
    /// </summary>
    /// <param name="job">Hash of the job that will be written.</param>
    /// <param name="succeeds">
    /// Whether this process has the job from another one, which may stand still: then the directory is taken from it, and
    /// it writes nothing there when it wakes up.
    /// </param>
    /// <exception cref="BadInputException">The directory cannot be written, or another process writes into it.</exception>
    public void EnsureWritable(string job = "", bool succeeds = false)
    {
        lock (_gate)
        {
            if (_lock is not null) return;
            CheckpointLock? acquired = null;
            try
            {
                Directory.CreateDirectory(Location);
                acquired = CheckpointLock.Acquire(Location, job, succeeds);
                RemoveLeftovers();
                var probe = Path.Combine(Location, Invariant($"{TemporaryPrefix}{acquired.Number}-probe"));
                using (var stream = CreateFile(probe)) stream.WriteByte(0);
                File.Delete(probe);
                _lock = acquired;
                acquired = null;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new BadInputException($"--checkpoint-dir {Location} cannot be written: {OneLine.Of(exception.Message)}; give another directory", exception);
            }
            finally
            {
                acquired?.Dispose();
            }
        }
    }

    /// <summary>For a run that begins anew: makes sure that it does not mix its checkpoints with those of another.</summary>
    /// <exception cref="BadInputException">There are checkpoints in the directory.</exception>
    public void EnsureEmpty()
    {
        if (CheckpointFinder.StepsIn(Location) is [.., var newest])
        {
            throw new BadInputException(
                $"--checkpoint-dir {Location} holds checkpoints already, the newest is {CheckpointManifest.NameOf(newest)}; go on from it with --resume or give another directory");
        }
    }

    /// <summary>
    /// Writes a checkpoint, and then removes this job's oldest ones beyond those to keep. A verified checkpoint of the
    /// same job, step and parameters is left as it is; a damaged one of that step is replaced.
    /// </summary>
    /// <returns>Where it is, with a notice if an old one could not be removed.</returns>
    /// <exception cref="CheckpointException">It could not be written. Nothing of it remains, and the others are untouched.</exception>
    public CheckpointOutcome Save(CheckpointContent content)
    {
        var manifest = content.Manifest;
        var target = Path.Combine(Location, manifest.DirectoryName);
        lock (_gate)
        {
            try
            {
                EnsureWritable(manifest.JobHash);
                _lock!.EnsureHeld();
                if (!IsThere(target, manifest)) Write(target, content);
            }
            catch (Exception exception)
            {
                throw new CheckpointException($"checkpoint {manifest.DirectoryName} was not written: {OneLine.Of(exception.Message)}", exception);
            }

            return new CheckpointOutcome(manifest.Step, target, Prune(manifest));
        }
    }

    /// <summary>Gives the lock back.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _lock?.Dispose();
            _lock = null;
        }
    }

    private void RemoveLeftovers()
    {
        var options = new EnumerationOptions { AttributesToSkip = FileAttributes.None };
        foreach (var leftover in new DirectoryInfo(Location).EnumerateFileSystemInfos(TemporaryPrefix + "*", options))
        {
            if (leftover is DirectoryInfo { LinkTarget: null } directory) directory.Delete(recursive: true);
            else leftover.Delete();
        }
    }

    private static bool IsThere(string target, CheckpointManifest manifest)
    {
        if (!Directory.Exists(target)) return false;
        CheckpointManifest found;
        try
        {
            using var checkpoint = LoadedCheckpoint.Open(target);
            found = checkpoint.Manifest;
        }
        catch (BadInputException)
        {
            return false;
        }

        if (!OfOneJob(found, manifest)) throw new IOException("a checkpoint of another job has its name");
        return found.ParametersSha256 == manifest.ParametersSha256
            && found.LayoutHash == manifest.LayoutHash && found.DataFingerprint == manifest.DataFingerprint;
    }

    private void Write(string target, CheckpointContent content)
    {
        var temporary = TemporaryPath(content.Manifest.DirectoryName);
        try
        {
            CheckpointFiles.Write(temporary, content, CreateFile);
            // It may have taken long, or stood still.
            _lock!.EnsureHeld();
            Replace(temporary, target);
        }
        catch
        {
            DeleteQuietly(temporary);
            throw;
        }
    }

    private void Replace(string temporary, string target)
    {
        if (!Directory.Exists(target))
        {
            Directory.Move(temporary, target);
            DirectorySync.Flush(Location);
            return;
        }

        var replaced = TemporaryPath("replaced");
        Directory.Move(target, replaced);
        try
        {
            Directory.Move(temporary, target);
        }
        catch
        {
            Directory.Move(replaced, target);
            throw;
        }

        DirectorySync.Flush(Location);
        DeleteQuietly(replaced);
    }

    /// <summary>
    /// Removes the oldest. Those of later steps than the one just written stay: the run was resumed before them,
    /// because they are damaged, and replaces them when it gets there.
    /// </summary>
    private string? Prune(CheckpointManifest saved)
    {
        try
        {
            var surplus = CheckpointFinder.StepsIn(Location)
                .Where(step => step < saved.Step && !saved.Keeps(step))
                .Reverse()
                .Where(step => BelongsTo(saved, step))
                .Skip(_keep - 1);
            foreach (var step in surplus)
            {
                _lock!.EnsureHeld();
                // Under the temporary name first, so that no half-deleted checkpoint is ever found.
                var path = Path.Combine(Location, CheckpointManifest.NameOf(step));
                var temporary = TemporaryPath(CheckpointManifest.NameOf(step));
                Directory.Move(path, temporary);
                Directory.Delete(temporary, recursive: true);
            }

            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"an old checkpoint was not removed: {OneLine.Of(exception.Message)}";
        }
    }

    // The task may have got options since, which changes the hash.
    private static bool OfOneJob(CheckpointManifest one, CheckpointManifest other) =>
        one.JobHash == other.JobHash || JobReader.DifferenceOfRuns(one.Job, other.Job) is null;

    private bool BelongsTo(CheckpointManifest saved, long step)
    {
        var name = CheckpointManifest.NameOf(step);
        try
        {
            return OfOneJob(LoadedCheckpoint.ReadManifest(Path.Combine(Location, name), name), saved);
        }
        catch (BadInputException)
        {
            return false;
        }
    }

    private string TemporaryPath(string name)
    {
        // Of this holder alone: one that has lost the right may still be about to rename its own.
        var path = Path.Combine(Location, Invariant($"{TemporaryPrefix}{_lock!.Number}-{name}"));
        if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
        return path;
    }

    private static void DeleteQuietly(string path)
    {
        try
        {
            if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What is left has a temporary name: it counts as nothing, and the next process to take the lock removes it.
        }
    }
}
