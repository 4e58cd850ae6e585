using Akka.Actor;
using Akka.Cluster;

namespace Cluster.Train.Benchmarks.Latency;

/// <summary>Counts how often its node held another member for unreachable.</summary>
internal sealed class ReachabilityWatch : ReceiveActor
{
    private readonly Action _unreachable;

    public ReachabilityWatch(Action unreachable)
    {
        _unreachable = unreachable;
        Receive<ClusterEvent.UnreachableMember>(_ => _unreachable());
        Receive<ClusterEvent.ReachableMember>(_ => { });
    }

    protected override void PreStart() => Akka.Cluster.Cluster.Get(Context.System).Subscribe(
        Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IReachabilityEvent));
}
