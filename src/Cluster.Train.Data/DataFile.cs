using System.IO.Compression;

namespace Cluster.Train.Data;

/// <summary>Users' data files, gzip-compressed or not, whatever they are called.</summary>
internal static class DataFile
{
    /// <summary>Opens a file, has it read, and tells in one line why it cannot be.</summary>
    /// <param name="path">The file.</param>
    /// <param name="read">Gets the content, and the file itself, of which position and length tell how far the reading is.</param>
    /// <exception cref="BadInputException">It is not there, cannot be read, or is damaged.</exception>
    internal static T Read<T>(string path, Func<Stream, FileStream, T> read)
    {
        try
        {
            using var file = File.OpenRead(path);
            using var content = IsGzip(file) ? new GZipStream(file, CompressionMode.Decompress) : (Stream)file;
            return read(content, file);
        }
        catch (InvalidDataException error)
        {
            throw new BadInputException($"'{path}' is damaged: its gzip data cannot be decompressed; fetch it again", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"'{path}' cannot be read: {error.Message.ReplaceLineEndings(" ")}", error);
        }
    }

    private static bool IsGzip(FileStream file)
    {
        Span<byte> magic = stackalloc byte[2];
        var read = file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
        file.Position = 0;
        return read == magic.Length && magic[0] == 0x1f && magic[1] == 0x8b;
    }
}
