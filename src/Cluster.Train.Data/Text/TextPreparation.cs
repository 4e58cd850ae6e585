using System.Text.Json;
using System.Text.Json.Nodes;
using Cluster.Train.Training;

namespace Cluster.Train.Data;

/// <summary>What the training part fixes of texts with classes: the vocabulary, and the classes by name.</summary>
/// <param name="Tokens">The vocabulary.</param>
/// <param name="Classes">The classes; a class's place is its number.</param>
public sealed record TextPreparation(TextTokens Tokens, IReadOnlyList<string> Classes)
{
    /// <summary>As <see cref="TaskData.Preparation"/> keeps it.</summary>
    public override string ToString() =>
        new JsonObject { ["tokens"] = Tokens.Preparation, ["classes"] = new JsonArray([.. Classes.Select(name => JsonValue.Create(name))]) }.ToJsonString();

    /// <summary>The inverse.</summary>
    /// <param name="text">What a checkpoint kept.</param>
    /// <param name="files">A tokenizer's files; none for characters.</param>
    /// <exception cref="BadInputException">It cannot be read, or is of another tokenizer.</exception>
    public static TextPreparation Parse(string text, params string[] files) => Parse(text, kept => TextTokens.Parse(kept, files));

    /// <summary>The same with a vocabulary that is at hand.</summary>
    /// <exception cref="BadInputException">It is another one than that of the training.</exception>
    internal static TextPreparation With(string text, TextTokens tokens) => Parse(text, kept => kept == tokens.Preparation
        ? tokens
        : throw new BadInputException("the Tokens that are given are another vocabulary than the one that the model was trained with; give that, or none where it was one of characters"));

    private static TextPreparation Parse(string text, Func<string, TextTokens> read)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            var json = JsonNode.Parse(text)!;
            return new TextPreparation(read((string)json["tokens"]!), [.. json["classes"]!.AsArray().Select(name => (string)name!)]);
        }
        catch (Exception error) when (error is JsonException or NullReferenceException or InvalidOperationException or ArgumentException)
        {
            throw new BadInputException($"what the checkpoint keeps of the texts cannot be read: {error.Message.ReplaceLineEndings(" ")}", error);
        }
    }
}
