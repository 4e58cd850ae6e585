namespace Cluster.Train.Hosting.Nodes;

/// <summary>How a node comes into a cluster. Pure.</summary>
/// <remarks>
/// Akka lets only the first seed begin a cluster. If that machine is gone for good, and the rest of the cluster had to
/// give way to it (see <see cref="Downing.DowningDecision"/>), nobody would ever begin one. So a later seed begins one
/// when no other has answered for a while; the first seed asks the others before it begins its own, and so joins that one
/// when it is back.
/// </remarks>
internal static class ClusterJoin
{
    /// <summary>How long a later seed waits for the ones before it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>How a node is to go about it.</summary>
    internal enum Way
    {
        /// <summary>It begins a cluster.</summary>
        Begin,

        /// <summary>It asks the seeds.</summary>
        AskSeeds,
    }

    /// <summary>What to do after having waited for some time.</summary>
    /// <param name="role">What the node is for: workers never begin a cluster.</param>
    /// <param name="self">Where it is reached.</param>
    /// <param name="seeds">The seeds.</param>
    /// <param name="waited">Since it began to ask.</param>
    public static Way Next(NodeRole role, HostPort self, IReadOnlyList<HostPort> seeds, TimeSpan waited)
    {
        if (role != NodeRole.Coordinator) return Way.AskSeeds;
        if (seeds.Count == 0 || (seeds.Count == 1 && seeds[0] == self)) return Way.Begin;
        return waited >= Patience && seeds.Contains(self) ? Way.Begin : Way.AskSeeds;
    }
}
