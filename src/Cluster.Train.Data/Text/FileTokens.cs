using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Microsoft.ML.Tokenizers;

namespace Cluster.Train.Data;

/// <summary>A tokenizer of Microsoft.ML.Tokenizers, made of files that the user has.</summary>
internal sealed class FileTokens : TextTokens
{
    internal const string TiktokenKind = "tiktoken", BytePairsKind = "byte-pairs";

    // cl100k_base, https://github.com/openai/tiktoken/blob/main/tiktoken_ext/openai_public.py.
    private const string Pattern = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    // A limit of time would make the tokens depend on the machine; the alternatives exclude each other, so that little is tried again.
    private static readonly Regex s_pieces = new(Pattern, RegexOptions.CultureInvariant, Regex.InfiniteMatchTimeout);

    private readonly Tokenizer _tokenizer;

    private FileTokens(string kind, Tokenizer tokenizer, int count, string[] files)
    {
        (_tokenizer, Count) = (tokenizer, count);
        Preparation = TokensForm.OfFiles(kind, [.. files.Select(file => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))))]);
    }

    public override int Count { get; }

    public override string Preparation { get; }

    public override long[] Encode(string text, string source) => [.. _tokenizer.EncodeToIds(text).Select(id => (long)id)];

    public override string Decode(ReadOnlySpan<long> tokens)
    {
        var numbers = new int[tokens.Length];
        for (var i = 0; i < tokens.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)tokens[i], (ulong)Count, nameof(tokens));
            numbers[i] = (int)tokens[i];
        }

        return _tokenizer.Decode(numbers) ?? "";
    }

    internal static new FileTokens Tiktoken(string path) => Made(TiktokenKind, [path], () =>
    {
        var ranks = File.ReadLines(path).Where(line => line.Length > 0).Select(line => int.Parse(line[(line.IndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
        return (TiktokenTokenizer.Create(path, new RegexPreTokenizer(s_pieces, specialTokens: null), normalizer: null), ranks.Max() + 1);
    });

    internal static new FileTokens BytePairs(string vocabulary, string merges) => Made(BytePairsKind, [vocabulary, merges], () =>
    {
        using var words = File.OpenRead(vocabulary);
        using var pairs = File.OpenRead(merges);
        var tokenizer = CodeGenTokenizer.Create(words, pairs);
        return (tokenizer, tokenizer.Vocabulary.Values.Max() + 1);
    });

    private static FileTokens Made(string kind, string[] files, Func<(Tokenizer Tokenizer, int Count)> make)
    {
        if (files.FirstOrDefault(file => !File.Exists(file)) is { } missing)
        {
            throw new BadInputException($"'{missing}' is not there; give the tokenizer's file, nothing is downloaded");
        }

        try
        {
            var (tokenizer, count) = make();
            return new FileTokens(kind, tokenizer, count, files);
        }
        catch (Exception error) when (error is not BadInputException)
        {
            throw new BadInputException($"'{string.Join("', '", files)}' is no tokenizer of kind {kind}: {error.Message.ReplaceLineEndings(" ")}", error);
        }
    }
}
