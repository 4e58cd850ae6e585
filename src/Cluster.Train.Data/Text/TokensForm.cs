using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cluster.Train.Data;

/// <summary>A vocabulary as the JSON that a checkpoint keeps: the characters themselves, or the hashes of a tokenizer's files.</summary>
internal static class TokensForm
{
    private const string Kind = "tokens", CharactersKind = "characters", List = "list", Unknown = "unknown", Hashes = "sha256";

    internal static string OfCharacters(string characters, UnknownToken unknown) =>
        new JsonObject { [Kind] = CharactersKind, [Unknown] = unknown.ToString(), [List] = characters }.ToJsonString();

    internal static string OfFiles(string kind, string[] hashes) =>
        new JsonObject { [Kind] = kind, [Hashes] = new JsonArray([.. hashes.Select(hash => JsonValue.Create(hash))]) }.ToJsonString();

    internal static TextTokens Read(string form, string[] files)
    {
        try
        {
            var json = JsonNode.Parse(form)!;
            var kind = (string?)json[Kind];
            if (kind == CharactersKind)
            {
                return new CharacterTokens([.. ((string)json[List]!).EnumerateRunes()], Enum.Parse<UnknownToken>((string)json[Unknown]!));
            }

            string[] hashes = [.. json[Hashes]!.AsArray().Select(hash => (string)hash!)];
            if (files.Length != hashes.Length)
            {
                throw new BadInputException(Invariant($"the model was trained with a tokenizer ({kind}) of {hashes.Length} files, and {files.Length} are given; give those"));
            }

            var tokens = kind switch
            {
                FileTokens.TiktokenKind => TextTokens.Tiktoken(files[0]),
                FileTokens.BytePairsKind => TextTokens.BytePairs(files[0], files[1]),
                _ => throw new FormatException($"no tokens are of kind '{kind}'"),
            };
            return tokens.Preparation == form
                ? tokens
                : throw new BadInputException($"'{string.Join("', '", files)}' is another tokenizer than the one that the model was trained with; give that");
        }
        catch (Exception error) when (error is JsonException or FormatException or NullReferenceException or InvalidOperationException or ArgumentException)
        {
            throw new BadInputException($"what the checkpoint keeps of the vocabulary cannot be read: {error.Message.ReplaceLineEndings(" ")}", error);
        }
    }
}
