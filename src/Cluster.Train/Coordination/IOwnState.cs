using System.Collections.Immutable;
using Cluster.Train.Membership;
using Cluster.Train.Training;

namespace Cluster.Train.Coordination;

/// <summary>What the coordinator's own process has. It is read when a decision needs it, and changes by itself between two.</summary>
internal interface IOwnState
{
    /// <summary>Where tensors reach the coordinator: host:port; null in process.</summary>
    string? Endpoint { get; }

    /// <summary>The step of the newest checkpoint that was written or found; null for none.</summary>
    long? NewestCheckpoint { get; }

    /// <summary>What that checkpoint, where it was found, knows of the metric that the job watches; null for nothing.</summary>
    WatchState? Watched => null;

    /// <summary>The snapshots that the process holds.</summary>
    ImmutableArray<HeldSnapshot> Held { get; }
}
