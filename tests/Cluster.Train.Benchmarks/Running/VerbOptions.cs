namespace Cluster.Train.Benchmarks.Running;

/// <summary>What all verbs understand.</summary>
/// <param name="Rounds">How often each side is measured, in turns.</param>
internal sealed record VerbOptions(int Rounds)
{
    /// <summary>Reads a verb's arguments.</summary>
    /// <exception cref="BadInputException">They cannot be understood.</exception>
    internal static VerbOptions Parse(IReadOnlyList<string> arguments, int defaultRounds) => arguments switch
    {
        [] => new VerbOptions(defaultRounds),
        ["--rounds", var text] when int.TryParse(text, out var rounds) && rounds is >= 1 and <= 1000 => new VerbOptions(rounds),
        _ => throw new BadInputException($"cannot use '{string.Join(' ', arguments)}': the only option is --rounds N, from 1 to 1000 (default {defaultRounds})"),
    };
}
