namespace Cluster.Train.Training;

/// <summary>What becomes of an epoch's last batch where it is smaller than the others.</summary>
public enum TailRule
{
    /// <summary>It is a batch of its own: every sample counts once an epoch, and no batch is larger than asked for.</summary>
    Keep,

    /// <summary>It is left out: other samples each epoch, as they are shuffled.</summary>
    Drop,

    /// <summary>It goes into the batch before it: every sample counts once an epoch.</summary>
    Merge,
}

/// <summary>The rules by their names on the command line and in a job's canonical form.</summary>
internal static class TailRules
{
    /// <summary>Name of the field and the option.</summary>
    internal const string Field = "tail";

    /// <summary>A rule's name.</summary>
    internal static string Name(TailRule rule) => rule switch
    {
        TailRule.Drop => "drop",
        TailRule.Merge => "merge",
        _ => "keep",
    };

    /// <summary>The rule of a name; of none, the default.</summary>
    /// <exception cref="FormatException">There is none of this name.</exception>
    internal static TailRule Parse(string? name) => name switch
    {
        null or "keep" => TailRule.Keep,
        "drop" => TailRule.Drop,
        "merge" => TailRule.Merge,
        _ => throw new FormatException($"no rule is called '{name}'"),
    };
}
