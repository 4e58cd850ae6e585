using System.Text;

namespace Cluster.Train.Data;

/// <summary>Reads files that must be UTF-8.</summary>
internal static class Utf8File
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>A file's text, without a byte order mark.</summary>
    /// <exception cref="BadInputException">It cannot be read, or is no UTF-8; names the byte.</exception>
    internal static string Read(string path)
    {
        try
        {
            var bytes = File.ReadAllBytes(path);
            var mark = bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
            return Decode(path, bytes, mark);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"'{path}' cannot be read: {error.Message.ReplaceLineEndings(" ")}", error);
        }
    }

    private static string Decode(string path, byte[] bytes, int mark)
    {
        try
        {
            return s_strict.GetString(bytes, mark, bytes.Length - mark);
        }
        catch (DecoderFallbackException error)
        {
            throw new BadInputException(Invariant($"'{path}' is no UTF-8 text: its byte {mark + error.Index} belongs to no character; give a text file"), error);
        }
    }
}
