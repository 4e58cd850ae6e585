using System.Collections.Immutable;
using Cluster.Train.Reduction;

namespace Cluster.Train.Membership;

/// <summary>A snapshot as one process holds it.</summary>
/// <param name="Step">Steps of the job done when it was made.</param>
/// <param name="HasModel">Whether parameters, buffers and frozen parameters are there.</param>
/// <param name="Optimizer">The parts of the flat vector whose optimizer state is there: slices owned, and slices kept for others.</param>
internal sealed record HeldSnapshot(long Step, bool HasModel, ImmutableArray<VectorSlice> Optimizer);

/// <summary>A process and the snapshots it can serve.</summary>
/// <param name="WorkerId">The worker; empty for the coordinator.</param>
/// <param name="Endpoint">host:port of its tensor listener; null in process.</param>
/// <param name="Snapshots">What it holds.</param>
internal sealed record StateHolder(string WorkerId, string? Endpoint, ImmutableArray<HeldSnapshot> Snapshots)
{
    /// <summary>What it holds of a step; null for nothing.</summary>
    public HeldSnapshot? At(long step) => Snapshots.FirstOrDefault(snapshot => snapshot.Step == step);
}
