using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Serialization;
using Akka.TestKit.Xunit2;
using Cluster.Train.Actors;
using Cluster.Train.Protocol;
using Cluster.Train.Protocol.Wire;

namespace Cluster.Train.Tests.Protocol;

/// <summary>Two actor systems and a connection over loopback.</summary>
public sealed class RemoteMessageTests : TestKit
{
    private static readonly Config Remote = ConfigurationFactory.ParseString("""
        akka.actor.provider = remote
        akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0, maximum-frame-size = 80000b }
        """);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ActorSystem _peer = ActorSystem.Create("peer", Remote.WithFallback(ActorSystems.Defaults));

    public RemoteMessageTests()
        // The test's own side can also send, under our serializer's number, what no build of ours would.
        : base(ConfigurationFactory.ParseString($$"""
            akka.actor {
              serializers.cluster-train = "{{typeof(CrookedSerializer).AssemblyQualifiedName}}"
              serialization-bindings { "{{typeof(Crooked).AssemblyQualifiedName}}" = cluster-train }
            }
            """).WithFallback(Remote).WithFallback(ActorSystems.Defaults))
    {
    }

    [Fact]
    public void Every_message_arrives_over_the_network()
    {
        var echo = Echo();
        foreach (var type in RandomMessages.Types)
        {
            var message = new RandomMessages(1).Next(type);

            echo.Tell(message, TestActor);

            Assert.Equal(Structure.Of(message), Structure.Of(ExpectMsg<IWireMessage>(Patience)));
        }
    }

    [Fact]
    public void A_message_that_cannot_be_read_is_dropped_and_the_next_one_arrives()
    {
        var echo = Echo();
        var associations = CreateTestProbe();
        Sys.EventStream.Subscribe(associations, typeof(Akka.Remote.DisassociatedEvent));

        foreach (var crooked in new Crooked[]
        {
            new("offer-9", [0x90]), new("join-1", []), new("join-1", [0xdd, 0x7f, 0xff, 0xff, 0xff]), new("lease-1", [.. Enumerable.Repeat((byte)0x91, 10_000)]),
        })
        {
            echo.Tell(crooked, TestActor);
            echo.Tell(new HelloWanted(crooked.Manifest), TestActor);

            Assert.Equal(new HelloWanted(crooked.Manifest), ExpectMsg<HelloWanted>(Patience));
        }

        associations.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void An_object_without_a_wire_format_is_dropped_where_it_is_sent_and_the_next_message_arrives()
    {
        var echo = Echo();

        echo.Tell(new object(), TestActor);
        echo.Tell(new HelloWanted("after"), TestActor);

        Assert.Equal(new HelloWanted("after"), ExpectMsg<HelloWanted>(Patience));
    }

    [Fact]
    public void A_message_beyond_the_frame_is_dropped_where_it_is_sent_and_the_next_message_arrives()
    {
        var echo = Echo();
        var errors = CreateTestProbe();
        Sys.EventStream.Subscribe(errors, typeof(Error));

        echo.Tell(new HelloWanted(new string('x', 80_000)), TestActor);
        echo.Tell(new HelloWanted("after"), TestActor);

        Assert.Equal(new HelloWanted("after"), ExpectMsg<HelloWanted>(Patience));
        Assert.Contains("oversized payload", errors.ExpectMsg<Error>().ToString(), StringComparison.OrdinalIgnoreCase);
    }

    protected override void AfterAll()
    {
        _peer.Terminate().Wait(Patience);
        base.AfterAll();
    }

    private IActorRef Echo()
    {
        _peer.ActorOf(Props.Create(() => new EchoActor()), "echo");
        var address = ((ExtendedActorSystem)_peer).Provider.DefaultAddress;
        Sys.ActorSelection($"{address}/user/echo").Tell(new Identify(0), TestActor);
        return ExpectMsg<ActorIdentity>(Patience).Subject;
    }

    private sealed class EchoActor : ReceiveActor
    {
        public EchoActor() => ReceiveAny(message => Sender.Tell(message));
    }

    private sealed record Crooked(string Manifest, byte[] Bytes);

    /// <summary>Sends any bytes under any manifest in the name of our serializer.</summary>
    private sealed class CrookedSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
    {
        private readonly WireSerializer _reader = new(system);

        public override int Identifier => _reader.Identifier;

        public override string Manifest(object o) => o is Crooked crooked ? crooked.Manifest : _reader.Manifest(o);

        public override byte[] ToBinary(object obj) => obj is Crooked crooked ? crooked.Bytes : _reader.ToBinary(obj);

        public override object FromBinary(byte[] bytes, string manifest) => _reader.FromBinary(bytes, manifest);
    }
}
