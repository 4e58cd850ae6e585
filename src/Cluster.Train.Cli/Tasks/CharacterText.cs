using System.Security.Cryptography;
using System.Text;

namespace Cluster.Train.Cli.Tasks;

/// <summary>A text file as numbers: each different character (Unicode scalar value) has one, in order of code points.</summary>
internal sealed class CharacterText
{
    private const string FileInFolder = "input.txt";
    private readonly int[] _numbers;

    private CharacterText(string path, byte[] bytes, string text)
    {
        Path = path;
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes));
        var runes = text.EnumerateRunes().ToArray();
        Vocabulary = [.. runes.Distinct().Order()];
        var numberOf = Vocabulary.Select((rune, number) => (rune, number)).ToDictionary(pair => pair.rune, pair => pair.number);
        _numbers = Array.ConvertAll(runes, rune => numberOf[rune]);
    }

    /// <summary>The file.</summary>
    internal string Path { get; }

    /// <summary>Of the file's content.</summary>
    internal string Sha256 { get; }

    /// <summary>The different characters; a character's place is its number.</summary>
    internal IReadOnlyList<Rune> Vocabulary { get; }

    /// <summary>The text.</summary>
    internal ReadOnlySpan<int> Numbers => _numbers;

    /// <summary>Reads a file, or the file "input.txt" of a folder.</summary>
    /// <exception cref="BadInputException">It is not there, or no UTF-8 text.</exception>
    internal static CharacterText Read(string? path)
    {
        if (path is null)
        {
            throw new BadInputException($"task 'shakespeare' needs a text: give --data FILE, or a folder that holds {FileInFolder}");
        }

        var file = Directory.Exists(path) ? System.IO.Path.Combine(path, FileInFolder) : path;
        if (!File.Exists(file))
        {
            throw new BadInputException(file == path
                ? $"--data is '{path}', but there is no such file; give a text file, or a folder that holds {FileInFolder}"
                : $"'{path}' holds no {FileInFolder}; give a text file, or a folder that holds {FileInFolder}, as --data");
        }

        try
        {
            var bytes = File.ReadAllBytes(file);
            var text = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(bytes);
            return new CharacterText(file, bytes, text);
        }
        catch (DecoderFallbackException error)
        {
            throw new BadInputException(Invariant($"'{file}' is no UTF-8 text: its byte {error.Index} belongs to no character; give a text file"), error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"'{file}' cannot be read: {error.Message.ReplaceLineEndings(" ")}", error);
        }
    }
}
