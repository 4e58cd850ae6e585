using Cluster.Train.Machine;

namespace Cluster.Train.Members;

/// <summary>What is said of a job's memory before its first step. Pure.</summary>
internal static class MemoryNotice
{
    /// <summary>Jobs below need no word.</summary>
    private const long WorthAWord = 1L << 29;

    private const double Gibibyte = 1L << 30;

    /// <summary>Says how much a large job needs, and refuses one that this process cannot hold.</summary>
    /// <param name="share">What the process does.</param>
    /// <param name="limit">What it may have.</param>
    /// <returns>One line; empty for a small job.</returns>
    /// <exception cref="BadInputException">It needs more than there is.</exception>
    internal static string Of(MemoryShare share, ResourceLimit limit)
    {
        var text = Describe(share, limit);
        return MemoryEstimate.Of(share).Bytes < WorthAWord ? "" : text;
    }

    /// <summary>Says how much a job needs, however small it is.</summary>
    /// <param name="share">What the process does.</param>
    /// <param name="limit">What it may have.</param>
    /// <exception cref="BadInputException">It needs more than there is.</exception>
    internal static string Describe(MemoryShare share, ResourceLimit limit)
    {
        var estimate = MemoryEstimate.Of(share);
        var terms = string.Join(", ", estimate.Terms.Select(term => $"{term.Name} {Size(term.Bytes)}"));
        var who = share.HoldsAll ? "this job" : "each worker process";
        if (estimate.Bytes > limit.Left)
        {
            throw new BadInputException(
                $"{who} needs about {Size(estimate.Bytes)} of memory ({terms}), and {Size(limit.Left)} is {limit.Name}: "
                + (share.WorkersHere > 1 ? "give fewer --workers, or use a machine with more" : "use a machine with more, or a smaller model"));
        }

        var tight = estimate.Bytes > 0.8 * limit.Left ? $", which is most of {limit.Name} ({Size(limit.Left)})" : "";
        var copy = MemoryEstimate.OfCheckpoint(share);
        var checkpoint = $"checkpoints take {Size(copy)} more{(share.HoldsAll ? "" : " in the coordinator's")}, on a slow disk up to {Size(MemoryEstimate.MostCheckpoints * copy)}";
        return $"{who} needs about {Size(estimate.Bytes)} of memory{tight}, besides data, activations and the program: {terms}; {checkpoint}";
    }

    private static string Size(long bytes) => bytes switch
    {
        >= 100 << 20 => Invariant($"{bytes / Gibibyte:0.00} GiB"),
        >= 100 << 10 => Invariant($"{bytes / (double)(1 << 20):0.0} MiB"),
        _ => Invariant($"{bytes / 1024.0:0.0} KiB"),
    };
}
