namespace Cluster.Train.Coordination;

/// <summary>Where a worker or a coordinator is reached. Decisions only compare it; the actor that carries them out knows what it is.</summary>
/// <param name="Value">Compared by its own equality; null for nobody.</param>
internal readonly record struct ActorAddress(object? Value)
{
    /// <summary>Nobody: what the coordinator's own slice reports has no address.</summary>
    internal static ActorAddress Nobody => default;
}
