using System.Runtime.InteropServices;

namespace Cluster.Train.Checkpoints;

/// <summary>Makes a directory's entries durable: a renamed file may be gone after a power failure until its directory is on disk, too.</summary>
internal static partial class DirectorySync
{
    private const int ReadOnly = 0;

    /// <summary>EINVAL: the answer of network and user-space file systems that have nothing to synchronize.</summary>
    private const int NotSupported = 22;

    /// <summary>Waits until the entries of a directory are on disk. Does nothing on Windows, which has no such call and journals renames.</summary>
    /// <exception cref="IOException">The system reports an error.</exception>
    internal static void Flush(string directory)
    {
        if (OperatingSystem.IsWindows()) return;
        var descriptor = Open(directory, ReadOnly);
        if (descriptor < 0) throw Failure("open", directory);
        try
        {
            if (Synchronize(descriptor) != 0 && Marshal.GetLastPInvokeError() != NotSupported) throw Failure("fsync", directory);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static IOException Failure(string call, string directory) =>
        new($"{call} of directory {directory}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Synchronize(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
