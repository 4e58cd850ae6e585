namespace Cluster.Train.Checkpoints;

/// <summary>
/// The right to write into a directory of checkpoints. It has a number, which grows with each process that takes it.
/// </summary>
/// <remarks>
/// Two things hold it. The operating system locks an open file for the process, so that the right ends with the process
/// however that ends, and between containers that share a volume, where process numbers say nothing. And a file names the
/// newest number: whoever has an older one has lost the right. The second is for a process that stands still (stopped, or
/// on a virtual machine that was paused): it keeps its lock, and would block its successor for as long as it does. The
/// successor takes the next number, and the one that wakes up finds that its own is old before it changes anything.
/// </remarks>
internal sealed class CheckpointLock : IDisposable
{
    private const string LockPrefix = ".lock-";

    private readonly string _directory;
    private readonly FileStream _file;

    private CheckpointLock(string directory, FileStream file, CheckpointOwner owner) => (_directory, _file, Number) = (directory, file, owner.Number);

    /// <summary>Its number, from 1.</summary>
    internal long Number { get; }

    /// <summary>Takes the right.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="job">Hash of the job that is to be written.</param>
    /// <param name="succeeds">Whether this process succeeds another one with the same job, which may stand still and hold the lock.</param>
    /// <exception cref="BadInputException">Somebody else has it; the message says who.</exception>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory cannot be written.</exception>
    internal static CheckpointLock Acquire(string directory, string job, bool succeeds)
    {
        while (true)
        {
            var before = CheckpointOwner.Read(directory) ?? CheckpointOwner.None;
            using var former = TryLock(directory, before.Number);
            if (former is null && !(succeeds && before.Job == job))
            {
                throw InUse(directory, before);
            }

            var file = TryLock(directory, before.Number + 1) ?? throw InUse(directory, CheckpointOwner.Read(directory) ?? before);
            try
            {
                // Somebody may have taken it, and even given it back, since the first look.
                if ((CheckpointOwner.Read(directory) ?? CheckpointOwner.None).Number == before.Number)
                {
                    var owner = new CheckpointOwner(before.Number + 1, job, Invariant($"process {Environment.ProcessId} on {Environment.MachineName}"));
                    owner.Write(directory);
                    File.Delete(LockPath(directory, before.Number));
                    var acquired = new CheckpointLock(directory, file, owner);
                    file = null;
                    return acquired;
                }
            }
            finally
            {
                file?.Dispose();
            }
        }
    }

    /// <summary>Makes sure that nobody has taken the right over.</summary>
    /// <exception cref="IOException">Somebody has; says who.</exception>
    internal void EnsureHeld()
    {
        // Whoever removes the file, or all that the directory holds, takes nothing over.
        if (CheckpointOwner.Read(_directory) is { } owner && owner.Number != Number)
        {
            throw new IOException($"{owner.Holder} has taken the directory over");
        }
    }

    /// <summary>Gives the right back. The file stays: removing it would let two processes lock two files of one name.</summary>
    public void Dispose() => _file.Dispose();

    private static string LockPath(string directory, long number) => Path.Combine(directory, Invariant($"{LockPrefix}{number}"));

    private static BadInputException InUse(string directory, CheckpointOwner owner) => new(
        $"checkpoint directory {directory} is in use by {(owner.Holder.Length > 0 ? owner.Holder : "another process")}; wait until it ends or use another --checkpoint-dir");

    /// <returns>Null where another process has it.</returns>
    private static FileStream? TryLock(string directory, long number)
    {
        try
        {
            return new FileStream(LockPath(directory, number), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (IsHeld(exception))
        {
            return null;
        }
    }

    private static bool IsHeld(IOException exception)
    {
        const int LinuxWouldBlock = 11;
        const int MacWouldBlock = 35;
        const int WindowsSharingViolation = unchecked((int)0x80070020);
        return exception.HResult is LinuxWouldBlock or MacWouldBlock or WindowsSharingViolation;
    }
}
