namespace Cluster.Train.Nodes;

/// <summary>How a node comes into a cluster. Pure.</summary>
/// <remarks>
/// Akka lets only the first seed begin a cluster. If that machine is gone for good, and the rest of the cluster had to
/// give way to it (see <see cref="Downing.DowningDecision"/>), nobody would ever begin one. So a later seed begins one
/// when no other has answered for a while; the first seed asks the others before it begins its own, and so joins that one
/// when it is back. One that has just taken a job over may be slow to answer: where it listens, the first seed waits longer.
/// </remarks>
internal static class ClusterJoin
{
    /// <summary>How long a later seed waits for the ones before it, when nobody listens there.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>
    /// How long it waits when one of them listens: on a busy machine a node that has just been started takes longer than
    /// <see cref="Patience"/> to answer, and is about to begin a cluster of its own.
    /// </summary>
    public static readonly TimeSpan PatienceWithListener = TimeSpan.FromSeconds(120);

    /// <summary>
    /// How long the first seed asks the others before it begins. Those that are in no cluster say so at once, and those where
    /// nobody listens are not worth a wait.
    /// </summary>
    /// <param name="anotherListens">Whether somebody listens at another seed.</param>
    public static TimeSpan FirstSeedPatience(bool anotherListens) => TimeSpan.FromSeconds(anotherListens ? 60 : 3);

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
    /// <param name="seedListens">Whether another seed listens, though it has not answered.</param>
    public static Way Next(NodeRole role, HostPort self, IReadOnlyList<HostPort> seeds, TimeSpan waited, bool seedListens)
    {
        if (role != NodeRole.Coordinator) return Way.AskSeeds;
        if (seeds.Count == 0 || (seeds.Count == 1 && seeds[0] == self)) return Way.Begin;
        return waited >= (seedListens ? PatienceWithListener : Patience) && seeds.Contains(self) ? Way.Begin : Way.AskSeeds;
    }
}
