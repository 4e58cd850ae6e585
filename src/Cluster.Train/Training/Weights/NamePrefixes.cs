namespace Cluster.Train.Training;

/// <summary>
/// How the beginnings of names in a file of weights become those of the model, separated by commas: <c>module.=</c> takes one away,
/// <c>encoder.=backbone.</c> replaces one, <c>=backbone.</c> puts one before all. The first that fits a name counts.
/// </summary>
/// <param name="Text">The pairs; empty for none.</param>
public sealed record NamePrefixes(string Text)
{
    /// <summary>Names stay as they are.</summary>
    public static NamePrefixes None { get; } = new("");

    /// <summary>Reads pairs.</summary>
    /// <exception cref="FormatException">One is not <c>old=new</c>.</exception>
    public static NamePrefixes Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length > 0 && Split(text).All(pair => pair.Count(letter => letter == '=') == 1) ? new NamePrefixes(text) : throw new FormatException();
    }

    /// <summary>The name in the model.</summary>
    internal string Apply(string name)
    {
        foreach (var (old, replacement) in Pairs)
        {
            if (name.StartsWith(old, StringComparison.Ordinal))
            {
                return replacement + name[old.Length..];
            }
        }

        return name;
    }

    /// <summary>The first beginning that none of some names has; null where each is used.</summary>
    internal string? WithoutMatch(IReadOnlyCollection<string> names) =>
        Pairs.Select(pair => pair.Old).FirstOrDefault(old => !names.Any(name => name.StartsWith(old, StringComparison.Ordinal)));

    private IEnumerable<(string Old, string New)> Pairs => Split(Text).Select(pair => pair.Split('=')).Select(pair => (pair[0], pair[1]));

    private static string[] Split(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
