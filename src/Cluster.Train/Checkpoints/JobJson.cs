using System.Collections.Immutable;
using System.Text.Json;
using Cluster.Train.Training;

namespace Cluster.Train.Checkpoints;

/// <summary>A job as manifests and journals keep it: the fields of <see cref="JobDefinition.Canonical"/>, as an object named "job".</summary>
internal static class JobJson
{
    private const string Name = "job";

    internal static void Write(Utf8JsonWriter json, ImmutableSortedDictionary<string, string> job)
    {
        json.WriteStartObject(Name);
        foreach (var (name, value) in job)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
    }

    internal static ImmutableSortedDictionary<string, string> Read(JsonFields fields) =>
        fields.Object(Name).Texts().ToImmutableSortedDictionary(StringComparer.Ordinal);
}
