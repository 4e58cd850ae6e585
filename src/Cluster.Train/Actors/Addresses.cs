using Akka.Actor;
using Cluster.Train.Coordination;
using Cluster.Train.Protocol;

namespace Cluster.Train.Actors;

/// <summary>Actors as decisions know them.</summary>
internal static class Addresses
{
    /// <summary>An actor's address.</summary>
    internal static ActorAddress Of(IActorRef actor) => actor.IsNobody() ? ActorAddress.Nobody : new ActorAddress(actor);

    /// <summary>Sends a message; to nobody, nothing is sent.</summary>
    internal static void Send(this ActorAddress to, IWireMessage message, IActorRef sender) => (to.Value as IActorRef)?.Tell(message, sender);
}
