using System.Collections.Immutable;
using System.Globalization;

namespace Cluster.Train.Hosting.CommandLine;

/// <summary>What the text of an option's value can be.</summary>
/// <param name="Placeholder">Stands for the value in a usage line: "N".</param>
/// <param name="Needs">What is needed, with its range and unit: "a whole number from 1 to 64".</param>
/// <param name="Read">The value, or an exception of type <see cref="FormatException"/>.</param>
/// <param name="Format">The text of a value.</param>
/// <typeparam name="T">The value's type.</typeparam>
internal sealed record ValueKind<T>(string Placeholder, string Needs, Func<string, T> Read, Func<T, string> Format)
{
    /// <summary>All values, where they can be listed; for completion and spelling hints.</summary>
    public ImmutableArray<string> Choices { get; init; } = [];
}

/// <summary>The kinds of values that options have.</summary>
internal static class ValueKinds
{
    /// <summary>A switch: on by its name alone.</summary>
    public static ValueKind<bool> Flag { get; } = new("", "true or false", ReadFlag, value => value ? "on" : "off") { Choices = ["true", "false"] };

    /// <summary>A whole number within bounds, both allowed.</summary>
    public static ValueKind<int> Whole(int lowest, int highest, string unit = "") => new(
        "N", Invariant($"a whole number from {lowest:N0} to {highest:N0}{Suffix(unit)}"),
        text => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= lowest && value <= highest
            ? value
            : throw new FormatException(),
        value => Invariant($"{value}"));

    /// <summary>A whole number of 64 bits from a lowest value on.</summary>
    public static ValueKind<long> Long(long lowest, string unit = "") => new(
        "N", lowest == long.MinValue ? "a whole number of 64 bits" : Invariant($"a whole number of at least {lowest:N0}{Suffix(unit)}"),
        text => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= lowest
            ? value
            : throw new FormatException(),
        value => Invariant($"{value}"));

    /// <summary>A finite number that fulfils a condition.</summary>
    public static ValueKind<float> Real(string range, Func<float, bool> isAllowed) => new(
        "X", $"a number {range}",
        text => float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && float.IsFinite(value) && isAllowed(value)
            ? value
            : throw new FormatException(),
        value => Invariant($"{value:R}"));

    /// <summary>The same with 64 bits.</summary>
    public static ValueKind<double> Double(string range, Func<double, bool> isAllowed) => new(
        "X", $"a number {range}",
        text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) && isAllowed(value)
            ? value
            : throw new FormatException(),
        value => Invariant($"{value:R}"));

    /// <summary>One of a few words.</summary>
    public static ValueKind<T> Choice<T>(params (string Word, T Value)[] choices)
        where T : notnull => new(
        string.Join('|', choices.Select(choice => choice.Word)), "one of " + string.Join(", ", choices.Select(choice => choice.Word)),
        text => choices.Any(choice => choice.Word == text) ? choices.First(choice => choice.Word == text).Value : throw new FormatException(),
        value => choices.First(choice => choice.Value.Equals(value)).Word)
        { Choices = [.. choices.Select(choice => choice.Word)] };

    /// <summary>A time from one second to a week: seconds, or a number with s, m or h.</summary>
    public static ValueKind<TimeSpan> Duration { get; } = new(
        "TIME", "seconds, or a number with s, m or h, from 1 second to 7 days", ReadDuration,
        value => value.TotalSeconds % 60 == 0 ? Invariant($"{value.TotalMinutes:R}m") : Invariant($"{value.TotalSeconds:R}s"));

    /// <summary>Any text but none at all; a path, for example.</summary>
    public static ValueKind<string> Text(string placeholder, string needs) => new(
        placeholder, needs, text => text.Length > 0 ? text : throw new FormatException(), value => value);

    private static bool ReadFlag(string text) => text.ToLowerInvariant() switch
    {
        "true" or "1" or "yes" or "on" => true,
        "false" or "0" or "no" or "off" => false,
        _ => throw new FormatException(),
    };

    private static TimeSpan ReadDuration(string text)
    {
        var (digits, seconds) = text.Length == 0 ? (text, 0.0) : text[^1] switch
        {
            's' => (text[..^1], 1),
            'm' => (text[..^1], 60),
            'h' => (text[..^1], 3600),
            _ => (text, 1.0),
        };
        return double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number * seconds is >= 1 and <= 7 * 24 * 3600
            ? TimeSpan.FromSeconds(number * seconds)
            : throw new FormatException();
    }

    private static string Suffix(string unit) => unit.Length == 0 ? "" : " " + unit;
}
