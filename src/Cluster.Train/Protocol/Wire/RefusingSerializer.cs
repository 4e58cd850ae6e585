using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace Cluster.Train.Protocol.Wire;

/// <summary>
/// Stands where Akka's serializer for any object would be, which reads whatever type the sender names. Only messages with
/// a form of their own cross the network.
/// </summary>
internal sealed class RefusingSerializer : Serializer
{
    /// <summary>Is created by the actor system, which has settings for the serializer that this one replaces.</summary>
    public RefusingSerializer(ExtendedActorSystem system, Config settings) : base(system) => _ = settings;

    /// <inheritdoc/>
    public override int Identifier => 7202;

    /// <inheritdoc/>
    public override bool IncludeManifest => true;

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) =>
        throw new SerializationException($"{obj.GetType().FullName} is no message that may cross the network");

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, Type type) =>
        throw new SerializationException($"a {type?.FullName ?? "message"} came in that may not cross the network");
}

/// <summary>
/// Stands where Akka's serializer for actors to be made on another node would be: such a message names the actor's class
/// and its arguments' types, and Cluster.Train makes no actor on another node.
/// </summary>
internal sealed class RefusingDeploymentSerializer(ExtendedActorSystem system) : Serializer(system)
{
    /// <inheritdoc/>
    public override int Identifier => 7203;

    /// <inheritdoc/>
    public override bool IncludeManifest => false;

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => throw Refusal();

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, Type type) => throw Refusal();

    private static SerializationException Refusal() => new("no actor is made on another node");
}
