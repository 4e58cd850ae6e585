using System.Text;

namespace Cluster.Train.Data;

/// <summary>Characters (Unicode scalar values) as numbers, in order of code points.</summary>
internal sealed class CharacterTokens : TextTokens
{
    private readonly Rune[] _characters;
    private readonly Dictionary<Rune, int> _numbers;
    private readonly UnknownToken _unknown;
    private readonly int _first;

    internal CharacterTokens(Rune[] characters, UnknownToken unknown)
    {
        (_characters, _unknown, _first) = (characters, unknown, unknown == UnknownToken.Own ? 1 : 0);
        _numbers = characters.Select((character, number) => (character, number)).ToDictionary(pair => pair.character, pair => pair.number + _first);
        Preparation = TokensForm.OfCharacters(string.Concat(characters), unknown);
    }

    public override int Count => _characters.Length + _first;

    public override string Preparation { get; }

    public override long[] Encode(string text, string source)
    {
        var tokens = new List<long>(text.Length);
        foreach (var character in text.EnumerateRunes())
        {
            if (_numbers.TryGetValue(character, out var number))
            {
                tokens.Add(number);
            }
            else if (_unknown == UnknownToken.Own)
            {
                tokens.Add(0);
            }
            else if (_unknown == UnknownToken.Refuse)
            {
                throw new BadInputException(Invariant($"{source} has the character '{character}' (U+{character.Value:X4}), which the training text had not; leave it out, or train with another policy for unknown tokens"));
            }
        }

        return [.. tokens];
    }

    public override string Decode(ReadOnlySpan<long> tokens)
    {
        var text = new StringBuilder();
        foreach (var token in tokens)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)token, (ulong)Count, nameof(tokens));
            text.Append(token < _first ? Rune.ReplacementChar.ToString() : _characters[(int)token - _first].ToString());
        }

        return text.ToString();
    }
}
