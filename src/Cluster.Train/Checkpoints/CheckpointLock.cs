namespace Cluster.Train.Checkpoints;

/// <summary>
/// The right to write into a directory of checkpoints. The operating system holds it with an open file, so that it
/// ends with the process however that ends, and holds between containers that share a volume, where process numbers
/// say nothing. A second file says who has it; nobody can read the locked one.
/// </summary>
internal sealed class CheckpointLock : IDisposable
{
    private const string LockName = ".lock";
    private const string HolderName = ".lock-holder";

    private readonly FileStream _file;

    private CheckpointLock(FileStream file) => _file = file;

    /// <summary>Takes the lock.</summary>
    /// <exception cref="BadInputException">Somebody has it; the message says who.</exception>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory cannot be written.</exception>
    internal static CheckpointLock Acquire(string directory)
    {
        var holder = Path.Combine(directory, HolderName);
        FileStream file;
        try
        {
            file = new FileStream(Path.Combine(directory, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (IsHeld(exception))
        {
            throw new BadInputException(
                $"checkpoint directory {directory} is in use by {Holder(holder)}; wait until it ends or use another --checkpoint-dir", exception);
        }

        try
        {
            File.WriteAllText(holder, Invariant($"process {Environment.ProcessId} on {Environment.MachineName}\n"));
        }
        catch
        {
            file.Dispose();
            throw;
        }

        return new CheckpointLock(file);
    }

    /// <summary>Gives the lock back. The file stays: removing it would let two processes lock two files of one name.</summary>
    public void Dispose() => _file.Dispose();

    private static bool IsHeld(IOException exception)
    {
        const int LinuxWouldBlock = 11;
        const int MacWouldBlock = 35;
        const int WindowsSharingViolation = unchecked((int)0x80070020);
        return exception.HResult is LinuxWouldBlock or MacWouldBlock or WindowsSharingViolation;
    }

    private static string Holder(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim() is { Length: > 0 } text ? text : "another process";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "another process";
        }
    }
}
