namespace Cluster.Train.Machine;

/// <summary>How much of something a process may still have, and what says so.</summary>
/// <param name="Left">Threads, or bytes.</param>
/// <param name="Name">For a message: what the limit is, and how its owner finds it.</param>
internal sealed record ResourceLimit(long Left, string Name)
{
    /// <summary>The one that ends first; null where nothing is limited.</summary>
    internal static ResourceLimit? Tightest(IEnumerable<ResourceLimit?> limits) => limits.OfType<ResourceLimit>().MinBy(limit => limit.Left);
}
