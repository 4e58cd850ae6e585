using System.Collections.Concurrent;
using Cluster.Train.Training;

namespace Cluster.Train.Exchange.Device;

/// <summary>Where the members of one process find each other whose blocks lie on devices: one group for each generation of each job.</summary>
internal sealed class DeviceExchangeHub
{
    private readonly ConcurrentDictionary<(string Job, int Generation), Lazy<DeviceGroup>> _groups = new();

    /// <summary>Joins the group of a generation. The exchange disposes of the owner.</summary>
    /// <param name="roster">The generation, the same for all members; each computes shards.</param>
    /// <param name="rank">The caller's rank.</param>
    /// <param name="owner">The caller's slice, on the same device; null where it owns none.</param>
    /// <param name="device">Where the caller computes.</param>
    /// <param name="patience">How long a member waits for the others within a step.</param>
    internal TensorExchange Join(ExchangeRoster roster, int rank, DeviceSliceOwner? owner, DeviceSpec device, StepPatience patience)
    {
        var key = (roster.Job, roster.Generation);
        var group = _groups.GetOrAdd(key, _ => new Lazy<DeviceGroup>(() => new DeviceGroup(roster, patience))).Value;
        using var computing = FinalizerGate.Enter();
        return new DeviceExchange(group, rank, owner, device, () => _groups.TryRemove(key, out _));
    }
}
