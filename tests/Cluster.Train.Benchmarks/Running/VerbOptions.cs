namespace Cluster.Train.Benchmarks.Running;

/// <summary>What the user asked of a verb.</summary>
/// <param name="Rounds">How often each side is measured, in turns.</param>
/// <param name="Others">The verb's own options that were given, by name.</param>
internal sealed record VerbOptions(int Rounds, IReadOnlyDictionary<string, string> Others)
{
    /// <summary>Reads a verb's arguments.</summary>
    /// <param name="arguments">Pairs of a name and a value.</param>
    /// <param name="defaultRounds">Rounds where the user names none.</param>
    /// <param name="others">Options that this verb has besides <c>--rounds</c>.</param>
    /// <exception cref="BadInputException">They cannot be understood.</exception>
    internal static VerbOptions Parse(IReadOnlyList<string> arguments, int defaultRounds, params string[] others)
    {
        var rounds = defaultRounds;
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < arguments.Count; i += 2)
        {
            var (name, value) = (arguments[i], i + 1 < arguments.Count ? arguments[i + 1] : throw Refusal(arguments[i]));
            if (name == "--rounds" && int.TryParse(value, out rounds) && rounds is >= 1 and <= 1000)
            {
                continue;
            }

            given[others.Contains(name) ? name : throw Refusal($"{name} {value}")] = value;
        }

        return new VerbOptions(rounds, given);

        BadInputException Refusal(string what) => new(
            $"cannot use '{what}': the options are --rounds N, from 1 to 1000 (default {defaultRounds}){string.Concat(others.Select(other => $", {other} VALUE"))}");
    }
}
