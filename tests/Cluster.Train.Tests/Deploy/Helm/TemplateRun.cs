using System.Collections;
using System.Globalization;
using System.Text;
using YamlDotNet.Serialization;

namespace Cluster.Train.Tests.Deploy.Helm;

/// <summary>Carries templates out, with the functions that the chart uses (https://helm.sh/docs/chart_template_guide/function_list).</summary>
/// <param name="root">What the dollar stands for.</param>
/// <param name="definitions">What <c>include</c> finds.</param>
internal sealed class TemplateRun(object root, IReadOnlyDictionary<string, IReadOnlyList<Node>> definitions)
{
    private static readonly ISerializer Yaml = new SerializerBuilder().WithQuotingNecessaryStrings().Build();

    /// <summary>Carries one out.</summary>
    /// <exception cref="FormatException">It uses a name that is not there, or a function that the chart should not need.</exception>
    internal string Render(IReadOnlyList<Node> nodes, object? dot)
    {
        var text = new StringBuilder();
        foreach (var node in nodes) text.Append(Render(node, dot));
        return text.ToString();
    }

    private string Render(Node node, object? dot) => node switch
    {
        Node.Text text => text.Value,
        Node.Output output => Text(Value(output.Value, dot)),
        Node.If choice => choice.Branches.FirstOrDefault(branch => branch.Condition is null || Holds(Value(branch.Condition, dot))) is { Body: { } body } ? Render(body, dot) : "",
        Node.With with => Value(with.Value, dot) is var value && Holds(value) ? Render(with.Body, value) : "",
        Node.Range range => string.Concat(List(Value(range.Items, dot)).Select(item => Render(range.Body, item))),
        _ => throw new FormatException($"{node} is not known"),
    };

    private object? Value(Expression expression, object? dot) => expression switch
    {
        Expression.Literal literal => literal.Value,
        Expression.Field field => field.Names.Aggregate(field.OfRoot ? root : dot, Member),
        Expression.Call call => Apply(call.Function, [.. call.Arguments.Select(argument => Value(argument, dot))]),
        _ => throw new FormatException($"{expression} is not known"),
    };

    // Go gives nothing for a name that is not there; here it is a mistake of the chart's.
    private static object? Member(object? value, string name) =>
        value is IReadOnlyDictionary<string, object?> map && map.TryGetValue(name, out var member) ? member : throw new FormatException($"there is no '{name}'");

    private object? Apply(string function, object?[] arguments) => (function, arguments) switch
    {
        ("include", [string name, var dot]) => Render(definitions[name], dot),
        ("toYaml", [var value]) => Yaml.Serialize(value!).ReplaceLineEndings("\n").TrimEnd('\n'),
        ("nindent", [long width, string text]) => "\n" + string.Join('\n', text.Split('\n').Select(line => new string(' ', (int)width) + line)),
        ("quote", [var value]) => $"\"{Text(value).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"",
        ("default", [var fallback, var value]) => Holds(value) ? value : fallback,
        ("required", [string message, var value]) => value is null or "" ? throw new FormatException(message) : value,
        ("printf", [string format, string value]) => format.Replace("%s", value, StringComparison.Ordinal),
        ("trunc", [long length, string text]) => text.Length > length ? text[..(int)length] : text,
        ("trimSuffix", [string suffix, string text]) => text.EndsWith(suffix, StringComparison.Ordinal) ? text[..^suffix.Length] : text,
        ("int", [var value]) => Convert.ToInt64(value, CultureInfo.InvariantCulture),
        ("gt", [long left, long right]) => left > right,
        ("not", [var value]) => !Holds(value),
        ("and", [var left, var right]) => Holds(left) ? right : left,
        _ => throw new FormatException($"'{function}' with {arguments.Length} arguments of these types is not known"),
    };

    private static bool Holds(object? value) => value switch
    {
        null or false or "" or 0L => false,
        ICollection collection => collection.Count > 0,
        _ => true,
    };

    private static IEnumerable<object?> List(object? value) => ((IEnumerable)value!).Cast<object?>();

    private static string Text(object? value) => value switch
    {
        null => "",
        bool flag => flag ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        string text => text,
        _ => throw new FormatException("a list or a map is no text: pipe it into toYaml"),
    };
}
