using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote;

namespace Cluster.Train.Nodes.Downing;

/// <summary>
/// Akka's failure detector, which a member that is known to be dead does not have to convince by silence: the cluster
/// removes only what is unreachable, and a pause long enough for busy machines would delay every takeover by as much.
/// Created by Akka, which finds its name in the settings, once for each member that is watched.
/// </summary>
internal sealed class MemberFailureDetector : PhiAccrualFailureDetector
{
    private static readonly ConditionalWeakTable<EventStream, ConcurrentDictionary<string, bool>> DeadOfSystem = [];

    private readonly ConcurrentDictionary<string, bool> _dead;

    /// <summary>A detector for one member.</summary>
    /// <param name="config">Its section of the settings.</param>
    /// <param name="eventStream">The actor system's.</param>
    public MemberFailureDetector(Config config, EventStream eventStream)
        : base(config, eventStream) => _dead = DeadOfSystem.GetOrCreateValue(eventStream);

    /// <inheritdoc/>
    public override bool IsAvailable => base.IsAvailable && !(Address is { } address && _dead.ContainsKey(address));

    /// <summary>Notes that a member is dead, until a heartbeat comes from its address: that of a successor.</summary>
    /// <param name="eventStream">The actor system's.</param>
    /// <param name="address">The member's address.</param>
    internal static void ReportDead(EventStream eventStream, string address) => DeadOfSystem.GetOrCreateValue(eventStream).TryAdd(address, true);

    /// <inheritdoc/>
    public override void HeartBeat()
    {
        if (Address is { } address) _dead.TryRemove(address, out _);
        base.HeartBeat();
    }
}
