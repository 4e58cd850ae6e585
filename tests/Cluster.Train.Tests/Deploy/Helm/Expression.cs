using System.Globalization;
using System.Text.RegularExpressions;

namespace Cluster.Train.Tests.Deploy.Helm;

/// <summary>What stands in an action: a value, a call, or calls of which each gets the one before as its last argument.</summary>
internal abstract partial record Expression
{
    /// <summary>A text or a number.</summary>
    internal sealed record Literal(object Value) : Expression;

    /// <summary>The dot, or the root where it begins with a dollar, and names below it.</summary>
    internal sealed record Field(bool OfRoot, IReadOnlyList<string> Names) : Expression;

    /// <summary>A function of Go's, Sprig's or Helm's.</summary>
    internal sealed record Call(string Function, IReadOnlyList<Expression> Arguments) : Expression;

    /// <summary>Reads one.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    internal static Expression Read(string text)
    {
        var tokens = new Queue<string>(TokenPattern().Matches(text).Select(match => match.Value));
        if (string.Concat(tokens) != string.Concat(SplitOutsideQuotes(text))) throw new FormatException($"'{text}' is no expression");
        var expression = ReadPipeline(tokens);
        return tokens.Count == 0 ? expression : throw new FormatException($"'{text}' has more than an expression");
    }

    private static IEnumerable<string> SplitOutsideQuotes(string text) =>
        text.Split('"').Select((part, index) => index % 2 == 0 ? BlankPattern().Replace(part, "") : $"\"{part}\"");

    private static Expression ReadPipeline(Queue<string> tokens)
    {
        var value = ReadCommand(tokens);
        while (tokens.TryPeek(out var token) && token == "|")
        {
            tokens.Dequeue();
            value = ReadCommand(tokens) switch
            {
                Call call => call with { Arguments = [.. call.Arguments, value] },
                var other => throw new FormatException($"{other} is no function that a value could be piped into"),
            };
        }

        return value;
    }

    private static Expression ReadCommand(Queue<string> tokens)
    {
        if (!tokens.TryPeek(out var first)) throw new FormatException("an expression is missing");
        if (!char.IsLetter(first[0])) return ReadOperand(tokens);
        var name = tokens.Dequeue();
        var arguments = new List<Expression>();
        while (tokens.TryPeek(out var token) && token is not ("|" or ")")) arguments.Add(ReadOperand(tokens));
        return new Call(name, arguments);
    }

    private static Expression ReadOperand(Queue<string> tokens)
    {
        var token = tokens.Dequeue();
        if (token == "(")
        {
            var inner = ReadPipeline(tokens);
            return tokens.TryDequeue(out var end) && end == ")" ? inner : throw new FormatException("a bracket is not closed");
        }

        if (token[0] == '"') return new Literal(token[1..^1]);
        if (char.IsDigit(token[0])) return new Literal(long.Parse(token, CultureInfo.InvariantCulture));
        if (token[0] is not ('.' or '$')) throw new FormatException($"'{token}' is no value");
        return new Field(token[0] == '$', token.TrimStart('$').Split('.', StringSplitOptions.RemoveEmptyEntries));
    }

    [GeneratedRegex(@"""[^""]*""|[()|]|[$.A-Za-z0-9_]+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex TokenPattern();

    [GeneratedRegex(@"\s+", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex BlankPattern();
}
