namespace Cluster.Train.Nodes;

/// <summary>What is said where nobody told how the job stands. Pure.</summary>
internal static class StatusFailure
{
    /// <summary>What is said of an address where somebody listens.</summary>
    /// <param name="attempts">How often nodes were asked.</param>
    internal static string WhoListens(int attempts) => attempts == 0
        ? "somebody listens"
        // From outside, a node that is too busy to answer looks like one that takes this side for a stranger.
        : "somebody listens, but did not answer: give a longer --timeout where that machine is busy; otherwise the address must be written as that node advertises it, and TLS files must be of one authority";

    /// <summary>The message.</summary>
    /// <param name="present">The node that was there; null for none.</param>
    /// <param name="attempts">How often nodes were asked; 0 where the time was over before.</param>
    /// <param name="patience">For how long.</param>
    /// <param name="finding">The nodes, with what was found there.</param>
    internal static string Text(HostPort? present, int attempts, TimeSpan patience, string finding)
    {
        var tried = Invariant($"within {patience.TotalSeconds:0.#} s, asked {(attempts == 1 ? "once" : Invariant($"{attempts} times"))}");
        return present is { } there ? $"{there} is there, but its cluster had no coordinator that answered {tried}: try again with a longer --timeout, or look at the coordinators' output"
            : attempts == 0 ? Invariant($"no node could be asked within {patience.TotalSeconds:0.#} s, give a longer --timeout: {finding}")
            : $"nobody answered {tried}: {finding}";
    }
}
