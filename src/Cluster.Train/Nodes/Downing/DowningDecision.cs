namespace Cluster.Train.Nodes.Downing;

/// <summary>What a node does about the nodes it cannot reach.</summary>
internal enum DowningVerdict
{
    /// <summary>Nothing: everybody is there.</summary>
    None,

    /// <summary>Go on without them.</summary>
    DownUnreachable,

    /// <summary>Leave, and join again through the seeds.</summary>
    DownSelf,

    /// <summary>Go on without one that is there, so that the others can agree (see <see cref="DowningDecision.Unheard"/>).</summary>
    DownUnheard,
}

/// <summary>A member as one node sees it.</summary>
/// <param name="Name">For messages.</param>
/// <param name="Role">What it is for.</param>
/// <param name="Age">Its place in the order of joining: 0 is the oldest.</param>
/// <param name="IsReachable">Whether its heartbeats come to this node, where this node has them; otherwise whether those that have them get any.</param>
/// <param name="Counts">Whether it is a full member: neither joining nor on its way out.</param>
/// <param name="IsUnheard">Whether another member gets no heartbeats of it, though this node does.</param>
internal sealed record DowningMember(string Name, NodeRole Role, int Age, bool IsReachable, bool Counts = true, bool IsUnheard = false);

/// <summary>
/// Which side of a cluster goes on when nodes become unreachable. Pure: all nodes of one side see the same members and
/// decide alike.
/// </summary>
/// <remarks>
/// <para>
/// What a node hears itself counts before what others say: two workers that do not hear each other would otherwise be lost
/// to everybody, though the coordinator hears both. Workers leave each other to the coordinator, whose job finds out who
/// has to go. But whoever is down is removed only once all members agree, and they do not while one does not hear another:
/// no coordinator would ever take over. Then one of those that are not heard has to join again, which costs a recovery.
/// </para>
/// <para>
/// A crash and a cut network look the same. What matters here is where a coordinator is: without one there is no job, so
/// a side without any always gives way, and the other side may go on however few its workers are. That is where the usual
/// strategies fail: by majority, the loss of most workers at once would end a job that one worker can carry on; by the
/// oldest node, the loss of one machine with the active coordinator and any worker would; a quorum of one coordinator
/// would let both halves go on.
/// </para>
/// <para>
/// Only where each side has a coordinator do workers count: the side with more of them has more of the snapshots. The
/// other leaves, and joins again if the network heals; if it was a crash after all, it finds no seed that answers,
/// begins a cluster of its own (see <see cref="ClusterJoin"/>) and goes on from the workers' snapshots. In the worst case,
/// a network that stays cut, both halves compute the same bits; <c>--min-workers</c> above half of the workers rules that out.
/// </para>
/// </remarks>
internal static class DowningDecision
{
    /// <summary>Decides.</summary>
    /// <param name="self">What this node is for.</param>
    /// <param name="members">All members that have not been removed, this node included.</param>
    /// <param name="isRemovalDue">Whether one that is down has still not been removed.</param>
    /// <returns>What to do, and why.</returns>
    public static (DowningVerdict Verdict, string Reason) Decide(NodeRole self, IReadOnlyList<DowningMember> members, bool isRemovalDue = false)
    {
        var lost = members.Where(member => !member.IsReachable).ToArray();
        var coordinators = members.Where(member => member is { Role: NodeRole.Coordinator, Counts: true }).ToArray();
        if (coordinators.Length == 0)
        {
            return (DowningVerdict.DownSelf, "there is no coordinator in this cluster any more");
        }

        if (lost.Length == 0)
        {
            if (isRemovalDue && self == NodeRole.Coordinator && Unheard(members) is { } unheard)
            {
                return (DowningVerdict.DownUnheard, $"others do not hear {unheard.Name}, and so nobody who is lost can be removed");
            }

            return (DowningVerdict.None, "all members are reachable");
        }

        var names = string.Join(", ", lost.Select(member => member.Name).Order(StringComparer.Ordinal));
        if (!coordinators.Any(member => member.IsReachable))
        {
            return (DowningVerdict.DownSelf, $"no coordinator can be reached (lost: {names})");
        }

        if (self == NodeRole.Worker && coordinators.All(member => member.IsReachable))
        {
            return (DowningVerdict.None, $"the coordinators are there, and decide (lost: {names})");
        }

        if (coordinators.All(member => member.IsReachable))
        {
            return (DowningVerdict.DownUnreachable, $"all coordinators are on this side (lost: {names})");
        }

        var here = Workers(members, reachable: true);
        var there = Workers(members, reachable: false);
        if (here != there)
        {
            return here > there
                ? (DowningVerdict.DownUnreachable, Invariant($"{here} workers are on this side, {there} on the other (lost: {names})"))
                : (DowningVerdict.DownSelf, Invariant($"only {here} workers are on this side, {there} on the other (lost: {names})"));
        }

        return coordinators.MinBy(member => member.Age)!.IsReachable
            ? (DowningVerdict.DownUnreachable, $"as many workers here as there, and the oldest coordinator is on this side (lost: {names})")
            : (DowningVerdict.DownSelf, $"as many workers here as there, and the oldest coordinator is on the other side (lost: {names})");
    }

    /// <summary>Who joins again first where some do not hear each other: a worker rather than a coordinator, the youngest of them.</summary>
    public static DowningMember? Unheard(IReadOnlyList<DowningMember> members) =>
        members.Where(member => member.IsUnheard).OrderBy(member => member.Role == NodeRole.Coordinator).ThenByDescending(member => member.Age).FirstOrDefault();

    private static int Workers(IEnumerable<DowningMember> members, bool reachable) =>
        members.Count(member => member is { Role: NodeRole.Worker, Counts: true } && member.IsReachable == reachable);
}
