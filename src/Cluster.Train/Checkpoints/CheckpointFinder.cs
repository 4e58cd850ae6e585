namespace Cluster.Train.Checkpoints;

/// <summary>Finds checkpoints to read. Takes no lock: a checkpoint is complete as soon as it has its name.</summary>
internal static class CheckpointFinder
{
    /// <summary>
    /// Opens the newest checkpoint that is whole. One that is not is passed over with a notice, and the one before it
    /// is tried.
    /// </summary>
    /// <param name="directory">The directory of the checkpoints.</param>
    /// <param name="notices">One line for each checkpoint that was passed over: which, why, and what is used instead.</param>
    /// <returns>The checkpoint, to be disposed by the caller; null where the directory holds none or is not there.</returns>
    /// <exception cref="BadInputException">There are checkpoints and none of them can be used, or the directory cannot be read.</exception>
    public static LoadedCheckpoint? FindNewest(string directory, out IReadOnlyList<string> notices)
    {
        var steps = StepsIn(directory);
        var refusals = new List<string>();
        for (var i = steps.Count - 1; i >= 0; i--)
        {
            var name = CheckpointManifest.NameOf(steps[i]);
            try
            {
                var checkpoint = LoadedCheckpoint.Open(Path.Combine(directory, name));
                notices = [.. refusals.Select(refusal => $"{refusal}; using {name}")];
                return checkpoint;
            }
            catch (BadInputException exception)
            {
                refusals.Add(exception.Message);
            }
        }

        notices = [];
        return refusals.Count == 0
            ? null
            : throw new BadInputException($"no checkpoint in {directory} can be used: {string.Join("; ", refusals)}");
    }

    /// <summary>
    /// Of which job and step the newest checkpoint is whose manifest can be read. Its tensors are not looked at: they may
    /// be large, and damaged.
    /// </summary>
    /// <param name="directory">The directory of the checkpoints.</param>
    /// <returns>Null where there is none.</returns>
    /// <exception cref="BadInputException">The directory cannot be read.</exception>
    public static CheckpointManifest? NewestManifest(string directory)
    {
        foreach (var step in StepsIn(directory).Reverse())
        {
            var name = CheckpointManifest.NameOf(step);
            try
            {
                return LoadedCheckpoint.ReadManifest(Path.Combine(directory, name), name);
            }
            catch (BadInputException)
            {
                // Damaged, or just removed by whoever writes there: told by whoever loads one.
            }
        }

        return null;
    }

    /// <summary>Opens the checkpoint that a user named.</summary>
    /// <param name="path">A checkpoint's directory, or a directory of checkpoints; then its newest whole one.</param>
    /// <param name="notices">One line for each checkpoint that was passed over.</param>
    /// <returns>The checkpoint, to be disposed by the caller.</returns>
    /// <exception cref="BadInputException">There is none, or none that is whole.</exception>
    public static LoadedCheckpoint Load(string path, out IReadOnlyList<string> notices)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (!Directory.Exists(full)) throw new BadInputException($"checkpoint {path} is not there; give the directory of a checkpoint, or one that holds some");
        if (CheckpointManifest.StepOf(Path.GetFileName(full)) is not null || File.Exists(Path.Combine(full, CheckpointFiles.Manifest)))
        {
            notices = [];
            return LoadedCheckpoint.Open(full);
        }

        return FindNewest(full, out notices) ?? throw new BadInputException($"{path} holds no checkpoint");
    }

    /// <summary>The steps of the checkpoints in a directory, whole or not, in ascending order; none where it is not there.</summary>
    /// <exception cref="BadInputException">The directory cannot be read.</exception>
    public static IReadOnlyList<long> StepsIn(string directory)
    {
        try
        {
            return
            [
                .. Directory.EnumerateDirectories(directory)
                    .Select(path => CheckpointManifest.StepOf(Path.GetFileName(path)))
                    .OfType<long>()
                    .Order(),
            ];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"checkpoint directory {directory} cannot be read: {exception.Message}", exception);
        }
    }
}
