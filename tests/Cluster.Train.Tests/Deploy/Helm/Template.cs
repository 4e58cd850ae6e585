using System.Text.RegularExpressions;

namespace Cluster.Train.Tests.Deploy.Helm;

/// <summary>A part of a template of Go's text/template, as far as the chart uses it (https://pkg.go.dev/text/template).</summary>
internal abstract record Node
{
    /// <summary>As it stands.</summary>
    internal sealed record Text(string Value) : Node;

    /// <summary>What an expression gives.</summary>
    internal sealed record Output(Expression Value) : Node;

    /// <summary>The first branch whose condition holds; the last one may have none.</summary>
    internal sealed record If(IReadOnlyList<(Expression? Condition, IReadOnlyList<Node> Body)> Branches) : Node;

    /// <summary>A body for a value that is not empty, which is the dot in it.</summary>
    internal sealed record With(Expression Value, IReadOnlyList<Node> Body) : Node;

    /// <summary>A body for each item.</summary>
    internal sealed record Range(Expression Items, IReadOnlyList<Node> Body) : Node;
}

/// <summary>Reads templates. What the chart does not use is not read: it is an error.</summary>
internal sealed partial class TemplateReader
{
    private readonly List<(bool IsAction, string Value)> _parts = [];
    private readonly IDictionary<string, IReadOnlyList<Node>> _definitions;
    private int _at;

    private TemplateReader(string text, IDictionary<string, IReadOnlyList<Node>> definitions)
    {
        _definitions = definitions;
        var from = 0;
        var trims = false;
        foreach (Match match in ActionPattern().Matches(text))
        {
            AddText(text[from..match.Index], trims, match.Groups["left"].Success);
            if (!match.Groups["comment"].Success) _parts.Add((true, match.Groups["code"].Value));
            (from, trims) = (match.Index + match.Length, match.Groups["right"].Success);
        }

        AddText(text[from..], trims, trimsEnd: false);
    }

    /// <summary>Reads a file.</summary>
    /// <param name="text">Its content.</param>
    /// <param name="definitions">Receives what it defines.</param>
    /// <exception cref="FormatException">It is no template, or has something that the chart does not use.</exception>
    internal static IReadOnlyList<Node> Read(string text, IDictionary<string, IReadOnlyList<Node>> definitions)
    {
        var reader = new TemplateReader(text, definitions);
        var nodes = reader.ReadBody(out var end);
        return end is null ? nodes : throw new FormatException($"'{end}' ends nothing");
    }

    private void AddText(string text, bool trimsStart, bool trimsEnd)
    {
        if (trimsStart) text = text.TrimStart();
        if (trimsEnd) text = text.TrimEnd();
        if (text.Length > 0) _parts.Add((false, text));
    }

    /// <param name="end">What ended it: end, else or else if …; null at the file's end.</param>
    private List<Node> ReadBody(out string? end)
    {
        var nodes = new List<Node>();
        while (_at < _parts.Count)
        {
            var (isAction, value) = _parts[_at++];
            if (!isAction)
            {
                nodes.Add(new Node.Text(value));
                continue;
            }

            var word = value.Split(' ', 2)[0];
            var rest = value[word.Length..].Trim();
            switch (word)
            {
                case "end" or "else":
                    end = value;
                    return nodes;
                case "if":
                    nodes.Add(ReadIf(rest));
                    break;
                case "with":
                    nodes.Add(new Node.With(Expression.Read(rest), ReadBlock()));
                    break;
                case "range":
                    nodes.Add(new Node.Range(Expression.Read(rest), ReadBlock()));
                    break;
                case "define":
                    _definitions.Add(rest.Trim('"'), ReadBlock());
                    break;
                default:
                    nodes.Add(new Node.Output(Expression.Read(value)));
                    break;
            }
        }

        end = null;
        return nodes;
    }

    private Node.If ReadIf(string condition)
    {
        var branches = new List<(Expression?, IReadOnlyList<Node>)>();
        Expression? next = Expression.Read(condition);
        while (true)
        {
            branches.Add((next, ReadBody(out var end)));
            switch (end)
            {
                case "end":
                    return new Node.If(branches);
                case "else":
                    next = null;
                    break;
                case not null when end.StartsWith("else if ", StringComparison.Ordinal):
                    next = Expression.Read(end["else if ".Length..]);
                    break;
                default:
                    throw new FormatException("an 'if' has no 'end'");
            }
        }
    }

    private List<Node> ReadBlock()
    {
        var body = ReadBody(out var end);
        return end == "end" ? body : throw new FormatException($"a block ends with '{end}'");
    }

    [GeneratedRegex(@"\{\{(?<left>- )?\s*((?<comment>/\*.*?\*/)|(?<code>.*?))\s*(?<right>-)?\}\}", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex ActionPattern();
}
