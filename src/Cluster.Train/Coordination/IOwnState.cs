using System.Collections.Immutable;
using Cluster.Train.Membership;

namespace Cluster.Train.Coordination;

/// <summary>What the coordinator's own process has. It is read when a decision needs it, and changes by itself between two.</summary>
internal interface IOwnState
{
    /// <summary>Where tensors reach the coordinator: host:port; null in process.</summary>
    string? Endpoint { get; }

    /// <summary>The step of the newest checkpoint that was written or found; null for none.</summary>
    long? NewestCheckpoint { get; }

    /// <summary>The snapshots that the process holds.</summary>
    ImmutableArray<HeldSnapshot> Held { get; }
}
