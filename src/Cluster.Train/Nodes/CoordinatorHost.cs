using Akka.Actor;
using Akka.Event;

namespace Cluster.Train.Nodes;

/// <summary>
/// The singleton: starts the coordinator when this node is the one to carry it, passes everything on to it, and lets it
/// end instead of beginning anew when it fails.
/// </summary>
internal sealed class CoordinatorHost : UntypedActor
{
    private readonly Func<Props> _coordinator;
    private IActorRef _child = ActorRefs.Nobody;

    /// <summary>Is created by <see cref="Props"/>.</summary>
    public CoordinatorHost(Func<Props> coordinator) => _coordinator = coordinator;

    /// <summary>A host of a coordinator, which is made when the host starts.</summary>
    internal static Props Props(Func<Props> coordinator) => Akka.Actor.Props.Create(() => new CoordinatorHost(coordinator));

    /// <inheritdoc/>
    protected override void PreStart() => _child = Context.ActorOf(_coordinator(), "job");

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(error =>
    {
        Context.GetLogger().Error(error, "the coordinator failed");
        return Directive.Stop;
    });

    /// <inheritdoc/>
    protected override void OnReceive(object message) => _child.Forward(message);
}
