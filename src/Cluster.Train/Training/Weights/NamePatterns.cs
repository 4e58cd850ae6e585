using System.IO.Enumeration;

namespace Cluster.Train.Training;

/// <summary>Patterns of tensors' names, separated by commas: <c>*</c> stands for any letters, <c>?</c> for one. For example <c>backbone.*,embed.weight</c>.</summary>
/// <param name="Text">The patterns; empty for none.</param>
public sealed record NamePatterns(string Text)
{
    /// <summary>No pattern: no name matches.</summary>
    public static NamePatterns None { get; } = new("");

    /// <summary>Whether a name matches one of them.</summary>
    public bool Matches(string name) => Patterns.Any(pattern => Matches(pattern, name));

    /// <summary>The patterns.</summary>
    internal IEnumerable<string> Patterns => Text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The first pattern that none of some names matches; null where each has one.</summary>
    internal string? WithoutMatch(IReadOnlyCollection<string> names) => Patterns.FirstOrDefault(pattern => !names.Any(name => Matches(pattern, name)));

    /// <summary>Some names, and how many there are in all, for messages.</summary>
    internal static string Some(IReadOnlyCollection<string> names)
    {
        const int shown = 6;
        return names.Count <= shown ? string.Join(", ", names) : Invariant($"{string.Join(", ", names.Take(shown))}, … ({names.Count} in all)");
    }

    private static bool Matches(string pattern, string name) => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false);
}
