using System.Text.RegularExpressions;

namespace Cluster.Train.Tests.Docs;

/// <summary>The repository's own documents, as readers find them.</summary>
internal static partial class Documents
{
    /// <summary>README, the map, how to contribute, and all of docs.</summary>
    internal static IEnumerable<string> All =>
        Directory.EnumerateFiles(Root, "*.md").Concat(Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md")).Order(StringComparer.Ordinal);

    /// <summary>The repository's folder.</summary>
    internal static string Root { get; } = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Parent!.Parent!.Parent!.Parent!.FullName;

    /// <summary>Blocks of code that say which file they are from.</summary>
    internal static IEnumerable<Quote> Quotes(string document) =>
        QuotePattern().Matches(File.ReadAllText(document).ReplaceLineEndings("\n")).Select(match => new Quote(match.Groups["file"].Value, match.Groups["code"].Value));

    /// <summary>Where its links lead that stay within the repository, anchors included.</summary>
    internal static IEnumerable<string> LocalLinks(string document) =>
        LinkPattern().Matches(CodePattern().Replace(File.ReadAllText(document), "")).Select(match => match.Groups["target"].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal));

    /// <summary>The anchors of its headings, as they are made of them on the web.</summary>
    internal static IEnumerable<string> Anchors(string document) =>
        HeadingPattern().Matches(File.ReadAllText(document).ReplaceLineEndings("\n"))
            .Select(match => NoAnchorPattern().Replace(match.Groups["text"].Value.ToLowerInvariant(), "").Replace(' ', '-'));

    [GeneratedRegex(@"^<!-- from (?<file>\S+) -->\n```\w*\n(?<code>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex QuotePattern();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex LinkPattern();

    [GeneratedRegex("^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex CodePattern();

    [GeneratedRegex("^#+ (?<text>.+)$", RegexOptions.Multiline, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex HeadingPattern();

    [GeneratedRegex(@"[^\w\- ]", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex NoAnchorPattern();
}

/// <summary>Code in a document.</summary>
/// <param name="File">Where it is from, below the repository's folder.</param>
/// <param name="Code">Its lines; "…" alone in a line stands for what was left out.</param>
internal sealed record Quote(string File, string Code)
{
    /// <summary>Whether a file has each part of it as it stands, but for indentation, one after the other.</summary>
    internal bool IsIn(string content)
    {
        var lines = Lines(content);
        var from = 0;
        foreach (var part in Parts())
        {
            var found = Enumerable.Range(from, Math.Max(0, lines.Length - part.Length - from + 1)).FirstOrDefault(start => lines.AsSpan(start, part.Length).SequenceEqual(part), -1);
            if (found < 0)
            {
                return false;
            }

            from = found + part.Length;
        }

        return true;
    }

    private IEnumerable<string[]> Parts()
    {
        var part = new List<string>();
        foreach (var line in Lines(Code).Append("…"))
        {
            if (line != "…")
            {
                part.Add(line);
            }
            else if (part.Count > 0)
            {
                yield return [.. part];
                part.Clear();
            }
        }
    }

    private static string[] Lines(string text) =>
        [.. text.ReplaceLineEndings("\n").Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0)];
}
