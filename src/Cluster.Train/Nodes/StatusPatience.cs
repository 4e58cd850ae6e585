namespace Cluster.Train.Nodes;

/// <summary>
/// How the time for a question is shared out, so that all parts together take no longer than the user gave. Pure.
/// </summary>
/// <param name="Whole">What the user gave.</param>
internal sealed record StatusPatience(TimeSpan Whole)
{
    private static readonly TimeSpan MostForAttempt = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan MostForFinding = TimeSpan.FromSeconds(2);

    /// <summary>Kept for finding out what is at the addresses where nobody answered.</summary>
    internal TimeSpan Finding => Shorter(Whole / 4, MostForFinding);

    /// <summary>For all attempts together, names included.</summary>
    internal TimeSpan Asking => Whole - Finding;

    /// <summary>For a name that does not resolve yet.</summary>
    internal TimeSpan Resolving => Whole / 4;

    /// <summary>
    /// How long the next attempt may take: longer each time that all nodes were asked in vain, as a busy one answers none that ends
    /// too early, and never beyond the end of the asking.
    /// </summary>
    /// <param name="attempts">Attempts so far.</param>
    /// <param name="nodes">Nodes that are asked in turn.</param>
    /// <param name="elapsed">Since the question began.</param>
    /// <returns>Zero where no time is left.</returns>
    internal TimeSpan Attempt(int attempts, int nodes, TimeSpan elapsed)
    {
        var left = Asking - elapsed;
        // After the first, there has to be time to find out whether that node speaks TLS.
        var length = Shorter(MostForAttempt, Asking / 3) * (1 + (attempts / nodes));
        return left <= TimeSpan.Zero ? TimeSpan.Zero : Shorter(length, left);
    }

    /// <summary>How long this side may take to hang up, so that there is time to find out afterwards.</summary>
    /// <param name="elapsed">Since the question began.</param>
    internal TimeSpan Ending(TimeSpan elapsed) => elapsed < Asking ? Asking - elapsed : TimeSpan.Zero;

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
