using System.Collections.Immutable;
using Cluster.Train.Reduction;

namespace Cluster.Train.Membership;

/// <summary>How the parameters are owned.</summary>
public enum Topology
{
    /// <summary>What is best: see <c>RosterPlanner.Resolve</c>.</summary>
    Auto,

    /// <summary>One slice, owned by the coordinator.</summary>
    Coordinator,

    /// <summary>One slice a worker.</summary>
    Sharded,
}

/// <summary>A numbered generation: the ordered members, their shards and their slices.</summary>
/// <param name="Generation">From 1; every change of membership makes a new one.</param>
/// <param name="Topology">Coordinator or sharded.</param>
/// <param name="Secret">Known to its members alone: what their tensor connections are authenticated with.</param>
/// <param name="Members">By rank. Shard ranges and slices are contiguous, ascend with the rank and cover everything.</param>
internal sealed record Roster(int Generation, Topology Topology, string Secret, ImmutableArray<RosterMember> Members)
{
    /// <summary>With how many workers a roster fits a message between nodes; further ones stand by.</summary>
    public const int MostWorkers = 1_024;

    /// <summary>The members that compute, without a coordinator that owns a slice.</summary>
    public IEnumerable<RosterMember> Workers => Members.Where(member => !member.IsCoordinator);

    /// <summary>The member of a worker, or null if it has none in this generation.</summary>
    public RosterMember? Find(string workerId) => Members.FirstOrDefault(member => member.WorkerId == workerId);
}

/// <summary>One member of a roster.</summary>
/// <param name="Rank">Its number in the order of the roster, from 0.</param>
/// <param name="WorkerId">The worker's identity, which differs between two runs of one worker; empty for the coordinator.</param>
/// <param name="Name">Its name in messages.</param>
/// <param name="Shards">The shards it computes.</param>
/// <param name="Slice">The slice it owns; may be empty.</param>
/// <param name="Endpoint">host:port of its tensor listener; null in process.</param>
internal sealed record RosterMember(int Rank, string WorkerId, string Name, ShardRange Shards, VectorSlice Slice, string? Endpoint)
{
    /// <summary>Whether this is the coordinator, which owns a slice and computes no shard.</summary>
    public bool IsCoordinator => WorkerId.Length == 0;
}
