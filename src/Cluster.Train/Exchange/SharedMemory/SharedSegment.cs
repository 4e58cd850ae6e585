using System.IO.MemoryMappedFiles;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Cluster.Train.Exchange.SharedMemory;

/// <summary>
/// A file of shared memory, mapped by all members of a generation. It has a name only until all have mapped it: the
/// memory itself lives until the last mapping ends, so a crash leaves nothing behind. One that crashes before is removed
/// by the next start: whoever has a segment open holds a lock on it, which ends with the process.
/// </summary>
internal sealed unsafe class SharedSegment : IDisposable
{
    /// <summary>Where the system keeps shared memory.</summary>
    internal const string SystemDirectory = "/dev/shm";

    internal const string Prefix = "cluster-train-";

    /// <summary>A file is created a moment before it is locked.</summary>
    private static readonly TimeSpan LeftoverAge = TimeSpan.FromMinutes(1);

    private readonly string _path;
    private readonly FileStream _file;
    private readonly MemoryMappedFile _mapping;
    private readonly MemoryMappedViewAccessor _view;
    private readonly bool _created;
    private bool _disposed;

    private SharedSegment(string path, FileStream file, long length, bool created)
    {
        (_path, _file, Length, _created) = (path, file, length, created);
        _mapping = MemoryMappedFile.CreateFromFile(file, null, length, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);
        _view = _mapping.CreateViewAccessor(0, length);
        byte* pointer = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        Pointer = pointer;
    }

    /// <summary>The file's name within its directory.</summary>
    internal string Name => Path.GetFileName(_path);

    /// <summary>The first byte; at the start of a page.</summary>
    internal byte* Pointer { get; }

    /// <summary>Length in bytes.</summary>
    internal long Length { get; }

    /// <summary>The open file, through which it can be mapped again after its name is gone.</summary>
    internal SafeFileHandle Handle => _file.SafeFileHandle;

    /// <summary>What a segment begins with: who reads it here has opened this very segment.</summary>
    internal ReadOnlySpan<byte> Nonce => new(Pointer, SegmentLayout.NonceLength);

    /// <summary>Makes a segment of zeros that only this user can open. Its memory is reserved: using it cannot fail later.</summary>
    /// <exception cref="IOException">There is too little memory left in the directory, or it cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory cannot be written.</exception>
    internal static SharedSegment Create(string directory, long length)
    {
        var path = Path.Combine(directory, Invariant($"{Prefix}{Environment.ProcessId}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}"));
        CheckSpace(directory, length);
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            // Without the reservation a full /dev/shm would show itself as a bus error in the middle of a step.
            PreallocationSize = length,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        FileStream? file = null;
        try
        {
            file = new FileStream(path, options);
            file.SetLength(length);
            var segment = new SharedSegment(path, file, length, created: true);
            RandomNumberGenerator.Fill(new Span<byte>(segment.Pointer, SegmentLayout.NonceLength));
            return segment;
        }
        catch
        {
            if (file is not null)
            {
                file.Dispose();
                File.Delete(path);
            }

            throw;
        }
    }

    /// <summary>Opens another member's segment.</summary>
    /// <exception cref="IOException">There is none of this name, or it is another one.</exception>
    /// <exception cref="UnauthorizedAccessException">It belongs to another user.</exception>
    internal static SharedSegment Open(string directory, string name, ReadOnlySpan<byte> nonce, long length)
    {
        if (!name.StartsWith(Prefix, StringComparison.Ordinal) || name.Contains('/'))
        {
            throw new IOException($"'{name}' is no segment's name");
        }

        var path = Path.Combine(directory, name);
        var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        try
        {
            if (file.Length != length)
            {
                throw new IOException(Invariant($"{path} has {file.Length} bytes, not {length}"));
            }

            var segment = new SharedSegment(path, file, length, created: false);
            if (!segment.Nonce.SequenceEqual(nonce))
            {
                segment.Dispose();
                throw new IOException($"{path} is another host's file of the same name");
            }

            return segment;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Removes what processes left behind that died between creating a segment and agreeing on it.</summary>
    internal static void RemoveLeftovers(string directory)
    {
        foreach (var path in Directory.EnumerateFiles(directory, Prefix + "*"))
        {
            try
            {
                // The lock is refused while any process has the file open, in whatever container it runs.
                if (DateTime.UtcNow - File.GetLastWriteTimeUtc(path) >= LeftoverAge)
                {
                    using var unused = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
                    File.Delete(path);
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // In use, another user's, or removed by another start at this moment: not ours to remove.
            }
        }
    }

    /// <summary>Takes the name away, where this process made the segment. The memory stays while it is mapped anywhere.</summary>
    internal void Unlink()
    {
        if (_created)
        {
            File.Delete(_path);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _mapping.Dispose();
            _file.Dispose();
        }
    }

    private static void CheckSpace(string directory, long length)
    {
        var free = new DriveInfo(directory).AvailableFreeSpace;
        if (free < length)
        {
            throw new NoSharedSpaceException(Invariant($"{directory} has {free >> 20} MiB free, and {(length >> 20) + 1} MiB are needed"));
        }
    }
}
