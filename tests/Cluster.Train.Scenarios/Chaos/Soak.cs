using System.Globalization;

namespace Cluster.Train.Scenarios.Chaos;

/// <summary>How long the scenarios that are run by hand go on: <c>./test.sh --soak DURATION</c>.</summary>
internal static class Soak
{
    internal const string Variable = "CLUSTER_TRAIN_SOAK";

    /// <summary>The duration; where none is given, the test is skipped.</summary>
    internal static TimeSpan Duration()
    {
        var text = Environment.GetEnvironmentVariable(Variable);
        Skip.If(string.IsNullOrEmpty(text), $"needs a duration in {Variable}, such as 30m: ./test.sh --soak 30m");
        return Parse(text!) ?? throw new ScenarioException($"{Variable} is {text}; give a duration such as 90s, 30m or 2h");
    }

    /// <summary>Reads 90s, 30m or 2h; null for anything else.</summary>
    internal static TimeSpan? Parse(string text)
    {
        if (text.Length < 2 || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0) return null;
        return text[^1] switch
        {
            's' => TimeSpan.FromSeconds(number),
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(number),
            _ => null,
        };
    }
}
