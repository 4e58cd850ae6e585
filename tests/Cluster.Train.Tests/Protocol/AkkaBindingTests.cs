using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Cluster.Tools.Singleton;
using Akka.Dispatch.SysMsg;
using Akka.TestKit.Xunit2;
using Cluster.Train.Nodes;
using Cluster.Train.Protocol.Wire;
using Cluster.Train.Tests.Nodes;

namespace Cluster.Train.Tests.Protocol;

/// <summary>The serializers of a node: those that Akka has for its own messages must be there, and no others.</summary>
public sealed class AkkaBindingTests : TestKit
{
    public AkkaBindingTests()
        : base(NodeConfig.Of(TestCluster.Options(NodeRole.Coordinator)))
    {
    }

    public static TheoryData<Type> OfAkka =>
    [
        .. Sendable(typeof(Akka.Cluster.Cluster), "Akka.Cluster.IClusterMessage"),
        .. Sendable(typeof(ClusterSingletonManager), "Akka.Cluster.Tools.Singleton.IClusterSingletonMessage"),
        .. Sendable(typeof(Akka.Remote.RemoteActorRefProvider), "Akka.Remote.RemoteWatcher+Heartbeat"),
        .. Sendable(typeof(Akka.Remote.RemoteActorRefProvider), "Akka.Remote.RemoteWatcher+HeartbeatRsp"),
        typeof(Watch), typeof(Unwatch), typeof(DeathWatchNotification), typeof(Akka.Dispatch.SysMsg.Terminate),
        typeof(ActorSelectionMessage), typeof(Identify), typeof(ActorIdentity), typeof(PoisonPill), typeof(Kill),
        typeof(Status.Success), typeof(Status.Failure), typeof(string), typeof(int), typeof(long), typeof(byte[]),
    ];

    [Theory]
    [MemberData(nameof(OfAkka))]
    public void What_Akka_sends_keeps_the_serializer_that_Akka_has_for_it(Type type)
    {
        var serializer = Sys.Serialization.FindSerializerForType(type);

        Assert.StartsWith("Akka", serializer.GetType().Assembly.GetName().Name);
        Assert.IsNotType<Akka.Serialization.NewtonSoftJsonSerializer>(serializer);
    }

    [Fact]
    public void The_cluster_and_the_singleton_have_messages_that_were_looked_at()
    {
        Assert.InRange(Sendable(typeof(Akka.Cluster.Cluster), "Akka.Cluster.IClusterMessage").Count(), 8, 100);
        Assert.InRange(Sendable(typeof(ClusterSingletonManager), "Akka.Cluster.Tools.Singleton.IClusterSingletonMessage").Count(), 4, 100);
    }

    [Fact]
    public void An_actor_that_a_peer_wants_made_here_is_refused()
    {
        var type = typeof(Akka.Remote.RemoteActorRefProvider).Assembly.GetType("Akka.Remote.DaemonMsgCreate", throwOnError: true)!;

        Assert.IsType<RefusingDeploymentSerializer>(Sys.Serialization.FindSerializerForType(type));
        Assert.Throws<SerializationException>(() => Sys.Serialization.FindSerializerForType(type).FromBinary([], type));

        // 3 is the number under which Akka's own would be called.
        Assert.ThrowsAny<Exception>(() => Sys.Serialization.Deserialize([], 3, type.AssemblyQualifiedName!));
    }

    private static IEnumerable<Type> Sendable(Type inAssembly, string name)
    {
        var root = inAssembly.Assembly.GetType(name, throwOnError: true)!;
        return inAssembly.Assembly.GetTypes().Where(type => type.IsAssignableTo(root) && !type.IsAbstract && !type.IsGenericTypeDefinition);
    }
}
