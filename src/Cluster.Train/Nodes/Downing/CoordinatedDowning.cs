using Akka.Actor;
using Akka.Cluster;

namespace Cluster.Train.Nodes.Downing;

/// <summary>Makes Akka's cluster go by <see cref="DowningDecision"/>. Created by Akka, which finds its name in the settings.</summary>
/// <param name="system">The node's actor system.</param>
/// <param name="cluster">Its membership.</param>
internal sealed class CoordinatedDowning(ActorSystem system, AkkaCluster cluster) : IDowningProvider
{
    /// <inheritdoc/>
    public TimeSpan DownRemovalMargin => TimeSpan.Zero;

    /// <inheritdoc/>
    public Props DowningActorProps => DowningActor.Props(
        cluster, system.Settings.Config.GetTimeSpan("cluster-train.downing.stable-after"), system.Settings.Config.GetBoolean("cluster-train.downing.losses-matter"));
}
