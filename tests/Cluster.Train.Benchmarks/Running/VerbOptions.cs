namespace Cluster.Train.Benchmarks.Running;

/// <summary>What the user asked of a verb.</summary>
/// <param name="Rounds">How often each side is measured, in turns.</param>
/// <param name="Others">The verb's own options that were given, by name.</param>
internal sealed record VerbOptions(int Rounds, IReadOnlyDictionary<string, string> Others)
{
    private const string RoundsOption = "--rounds";

    /// <summary>Reads the arguments of a verb that is measured in rounds.</summary>
    /// <param name="arguments">Pairs of a name and a value.</param>
    /// <param name="defaultRounds">Rounds where the user names none.</param>
    /// <param name="others">Options that this verb has besides <c>--rounds</c>.</param>
    /// <exception cref="BadInputException">They cannot be understood.</exception>
    internal static VerbOptions Parse(IReadOnlyList<string> arguments, int defaultRounds, params string[] others)
    {
        var given = Named(arguments, [RoundsOption, .. others]);
        return new VerbOptions(Number(given, RoundsOption, defaultRounds, most: 1000), given);
    }

    /// <summary>Reads a verb's arguments.</summary>
    /// <param name="arguments">Pairs of a name and a value.</param>
    /// <param name="names">The options that it has.</param>
    /// <exception cref="BadInputException">They cannot be understood.</exception>
    internal static Dictionary<string, string> Named(IReadOnlyList<string> arguments, params string[] names)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < arguments.Count; i += 2)
        {
            given[arguments[i]] = names.Contains(arguments[i]) && i + 1 < arguments.Count
                ? arguments[i + 1]
                : throw new BadInputException($"cannot use '{arguments[i]}': the options are {string.Join(", ", names.Select(name => name + " VALUE"))}");
        }

        return given;
    }

    /// <summary>The value of an option that is a whole number, from 1 on.</summary>
    /// <exception cref="BadInputException">It is something else.</exception>
    internal static int Number(IReadOnlyDictionary<string, string> given, string name, int standard, int most) =>
        !given.TryGetValue(name, out var text) ? standard
        : int.TryParse(text, out var value) && value >= 1 && value <= most ? value
        : throw new BadInputException($"{name} is '{text}': give a whole number from 1 to {most} (default {standard})");
}
