using Cluster.Train.Training;

namespace Cluster.Train.Data;

/// <summary>What becomes of a piece of text that the vocabulary does not have.</summary>
public enum UnknownToken
{
    /// <summary>All of them are one token of their own, number 0.</summary>
    Own,

    /// <summary>It is left out.</summary>
    Skip,

    /// <summary>The text is refused; the message names the piece and where it stands.</summary>
    Refuse,
}

/// <summary>A vocabulary: how a text becomes numbers. It does not change once it is made, and is safe for several threads.</summary>
public abstract class TextTokens
{
    /// <summary>Numbers are from 0 to one less.</summary>
    public abstract int Count { get; }

    /// <summary>What a checkpoint keeps of it, for <see cref="TaskData.Preparation"/>; <see cref="Parse"/> makes it again.</summary>
    public abstract string Preparation { get; }

    /// <summary>The single characters (Unicode scalar values) of some texts, in order of code points.</summary>
    /// <param name="texts">The texts of the training part.</param>
    /// <param name="unknown">What becomes of other characters. With <see cref="UnknownToken.Own"/> number 0 is theirs, and the known ones begin with 1.</param>
    public static TextTokens Characters(IEnumerable<string> texts, UnknownToken unknown = UnknownToken.Own)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return new CharacterTokens([.. texts.SelectMany(text => text.EnumerateRunes()).Distinct().Order()], unknown);
    }

    /// <summary>Byte-pair encoding of a tiktoken file (lines of base64 and rank), split as OpenAI's cl100k_base does it.</summary>
    /// <param name="path">The file, for example "cl100k_base.tiktoken". Nothing is downloaded.</param>
    /// <exception cref="BadInputException">It cannot be read.</exception>
    public static TextTokens Tiktoken(string path) => FileTokens.Tiktoken(path);

    /// <summary>Byte-pair encoding of a pair of files as GPT-2 has them.</summary>
    /// <param name="vocabulary">"vocab.json".</param>
    /// <param name="merges">"merges.txt".</param>
    /// <exception cref="BadInputException">One cannot be read.</exception>
    public static TextTokens BytePairs(string vocabulary, string merges) => FileTokens.BytePairs(vocabulary, merges);

    /// <summary>Makes a vocabulary of what a checkpoint keeps of it.</summary>
    /// <param name="preparation">Its <see cref="Preparation"/>.</param>
    /// <param name="files">The files that it was made of, in the same order; none for characters.</param>
    /// <exception cref="BadInputException">It is no vocabulary, or a file is another one.</exception>
    public static TextTokens Parse(string preparation, params string[] files)
    {
        ArgumentNullException.ThrowIfNull(preparation);
        ArgumentNullException.ThrowIfNull(files);
        return TokensForm.Read(preparation, files);
    }

    /// <summary>A text as numbers.</summary>
    /// <param name="text">The text.</param>
    /// <param name="source">Where it is from, for messages.</param>
    /// <exception cref="BadInputException">It has something that the vocabulary has not, and that is refused.</exception>
    public abstract long[] Encode(string text, string source);

    /// <summary>Numbers as a text; an unknown token is U+FFFD.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such number.</exception>
    public abstract string Decode(ReadOnlySpan<long> tokens);
}
