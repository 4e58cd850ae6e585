using System.Globalization;
using System.Text.Json;
using YamlDotNet.RepresentationModel;

namespace Cluster.Train.Tests.Deploy.Helm;

/// <summary>
/// The chart of <c>deploy/helm/cluster-train</c>, rendered here since no Helm is at hand in tests: the part of its language that
/// the chart uses, no more, and stricter in that every name must be there.
/// </summary>
internal static class Chart
{
    /// <summary>Its folder.</summary>
    internal static string Folder { get; } = Path.Combine(Docs.Documents.Root, "deploy", "helm", "cluster-train");

    /// <summary>Its default values.</summary>
    internal static IReadOnlyDictionary<string, object?> Values => (IReadOnlyDictionary<string, object?>)ReadYaml(File.ReadAllText(Path.Combine(Folder, "values.yaml")))!;

    /// <summary>Renders all its manifests, as <c>helm template cluster-train … --values</c> would.</summary>
    /// <param name="values">In YAML, over the defaults; empty for those alone.</param>
    /// <param name="release">The release's name.</param>
    internal static string Render(string values = "", string release = "cluster-train") =>
        string.Join("\n---\n", Files("*.yaml").Select(file => Render(file, values, release)).Where(text => text.Trim().Length > 0));

    /// <summary>Renders one of its templates.</summary>
    internal static string Render(string file, string values, string release)
    {
        var definitions = new Dictionary<string, IReadOnlyList<Node>>(StringComparer.Ordinal);
        foreach (var helper in Files("*.tpl")) TemplateReader.Read(File.ReadAllText(helper), definitions);
        var root = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["Values"] = Merge(Values, ReadYaml(values) as IReadOnlyDictionary<string, object?> ?? new Dictionary<string, object?>()),
            ["Release"] = new Dictionary<string, object?>(StringComparer.Ordinal) { ["Name"] = release, ["Namespace"] = "default" },
            ["Chart"] = new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                ["AppVersion"] = ((IReadOnlyDictionary<string, object?>)ReadYaml(File.ReadAllText(Path.Combine(Folder, "Chart.yaml")))!)["appVersion"],
            },
        };
        return new TemplateRun(root, definitions).Render(TemplateReader.Read(File.ReadAllText(file), definitions), root);
    }

    /// <summary>Its templates whose names match.</summary>
    internal static IEnumerable<string> Files(string pattern) => Directory.EnumerateFiles(Path.Combine(Folder, "templates"), pattern).Order(StringComparer.Ordinal);

    /// <summary>Values over the defaults, as a schema sees them.</summary>
    internal static JsonElement Json(string values) =>
        JsonSerializer.SerializeToElement(Merge(Values, ReadYaml(values) as IReadOnlyDictionary<string, object?> ?? new Dictionary<string, object?>()));

    // What is in both is a value of the chart's, and has to be of its kind.
    private static Dictionary<string, object?> Merge(IReadOnlyDictionary<string, object?> values, IReadOnlyDictionary<string, object?> over)
    {
        var merged = new Dictionary<string, object?>(values, StringComparer.Ordinal);
        foreach (var (name, value) in over)
        {
            merged[name] = value is IReadOnlyDictionary<string, object?> map && merged.GetValueOrDefault(name) is IReadOnlyDictionary<string, object?> below ? Merge(below, map) : value;
        }

        return merged;
    }

    private static object? ReadYaml(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return stream.Documents.Count == 0 ? null : Read(stream.Documents[0].RootNode);
    }

    private static object? Read(YamlNode node) => node switch
    {
        YamlMappingNode map => map.Children.ToDictionary(pair => ((YamlScalarNode)pair.Key).Value!, pair => Read(pair.Value), StringComparer.Ordinal),
        YamlSequenceNode list => list.Children.Select(Read).ToList(),
        YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain } scalar => Plain(scalar.Value!),
        YamlScalarNode scalar => scalar.Value,
        _ => throw new FormatException($"{node} is not known"),
    };

    private static object? Plain(string text) => text switch
    {
        "" or "null" or "~" => null,
        "true" => true,
        "false" => false,
        _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => number,
        _ => text,
    };
}
