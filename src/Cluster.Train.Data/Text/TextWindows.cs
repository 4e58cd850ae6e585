using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Cluster.Train.Training;

namespace Cluster.Train.Data;

/// <summary>
/// Windows of a text, each with the same window one token later: what a language model reads and what it should answer. Fields:
/// "tokens" and "next", int64 <c>[context]</c>.
/// </summary>
public sealed class TextWindows : IDataset
{
    private readonly ReadOnlyMemory<long> _tokens;
    private readonly int _context;
    private readonly int _stride;

    /// <summary>Lays windows over tokens; copies nothing.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="context">Tokens of a window.</param>
    /// <param name="stride">From one window's beginning to the next: 1 for every position, <paramref name="context"/> for windows side by side.</param>
    public TextWindows(ReadOnlyMemory<long> tokens, int context, int stride)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(context, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 1);
        (_tokens, _context, _stride) = (tokens, context, stride);
        var windows = tokens.Length - context;
        Count = windows < 1 ? 0 : ((windows - 1) / stride) + 1;
        Fields = [new FieldSpec("tokens", FieldType.Int64, context), new FieldSpec("next", FieldType.Int64, context)];
        Fingerprint = Invariant($"tokens {Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(tokens.Span)))} context={context} stride={stride}");
    }

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public IReadOnlyList<FieldSpec> Fields { get; }

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <summary>
    /// Opens a text file, or the files of a folder in the order of their names, one after the other. Windows from every position of
    /// the beginning are trained on; of the end, windows side by side are tested on, so that each token counts once.
    /// </summary>
    /// <param name="path">The file or folder; null is refused with what to give.</param>
    /// <param name="context">Tokens of a window.</param>
    /// <param name="testShare">The share of the text to test on, its end.</param>
    /// <param name="tokens">The vocabulary; null for the characters of the training part, with one token for all others.</param>
    /// <returns>The data; its preparation is the vocabulary's, for <see cref="TextTokens.Parse"/>.</returns>
    /// <exception cref="BadInputException">The text is missing, is no UTF-8, or is too short.</exception>
    public static TaskData Open(string? path, int context, double testShare = 0.1, TextTokens? tokens = null)
    {
        var text = TextOf(path);
        var runes = text.EnumerateRunes().ToArray();
        var trained = runes.Length - (int)(runes.Length * testShare);
        var (first, last) = (string.Concat(runes[..trained]), string.Concat(runes[trained..]));
        tokens ??= TextTokens.Characters([first]);
        var data = new TaskData(
            new TextWindows(tokens.Encode(first, $"'{path}'"), context, stride: 1), new TextWindows(tokens.Encode(last, $"'{path}'"), context, stride: context))
        {
            Preparation = tokens.Preparation,
        };
        return data.Training.Count > 0 && (testShare == 0 || data.Evaluation.Count > 0)
            ? data
            : throw new BadInputException(Invariant($"'{path}' has {runes.Length:N0} characters, too few for windows of {context} tokens in both its parts; give a longer text, or a shorter context"));
    }

    /// <inheritdoc/>
    public void Read(ReadOnlySpan<int> samples, int epoch, BatchBuffers into)
    {
        for (var i = 0; i < samples.Length; i++)
        {
            var window = _tokens.Span.Slice(samples[i] * _stride, _context + 1);
            into.Write(0, i, window[..^1]);
            into.Write(1, i, window[1..]);
        }
    }

    private static string TextOf(string? path)
    {
        if (path is null)
        {
            throw new BadInputException("a text is needed: give --data, a text file or a folder of them");
        }

        if (!Directory.Exists(path))
        {
            return File.Exists(path) ? Utf8File.Read(path) : throw new BadInputException($"'{path}' is not there; give a text file, or a folder of them");
        }

        var files = Directory.GetFiles(path).Where(file => !Path.GetFileName(file).StartsWith('.')).Order(StringComparer.Ordinal).ToArray();
        return files.Length > 0
            ? files.Aggregate(new StringBuilder(), (text, file) => text.Append(Utf8File.Read(file))).ToString()
            : throw new BadInputException($"'{path}' holds no file; give a text file, or a folder of them");
    }
}
