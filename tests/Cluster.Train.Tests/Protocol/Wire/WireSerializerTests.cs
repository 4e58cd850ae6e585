using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;
using Cluster.Train.Actors;
using Cluster.Train.Protocol;
using Cluster.Train.Protocol.Wire;
using Xunit.Abstractions;

namespace Cluster.Train.Tests.Protocol.Wire;

/// <summary>An actor system with the settings of a cluster node, so that Akka's own bindings are there, too.</summary>
public sealed class ClusterSystem : IDisposable
{
    public ActorSystem System { get; } = ActorSystem.Create("wire", ConfigurationFactory
        .ParseString("akka.actor.provider = cluster\nakka.remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }")
        .WithFallback(ActorSystems.Defaults));

    public void Dispose() => System.Dispose();
}

public sealed class WireSerializerTests(ClusterSystem cluster, ITestOutputHelper output) : IClassFixture<ClusterSystem>
{
    private static readonly string GoldenFolder = Path.Combine(AppContext.BaseDirectory, "Protocol", "Golden");

    public static TheoryData<string> Kinds => new(WireSamples.All.Select(message => message.GetType().Name));

    public static TheoryData<Type> MessageTypes => new(typeof(IWireMessage).Assembly.GetTypes()
        .Where(type => typeof(IWireMessage).IsAssignableFrom(type) && !type.IsInterface));

    private Serialization Serialization => cluster.System.Serialization;

    [Theory]
    [MemberData(nameof(MessageTypes))]
    public void Every_message_has_a_sample_and_resolves_to_our_serializer(Type type)
    {
        var sample = Assert.Single(WireSamples.All, message => message.GetType() == type);
        Assert.IsType<WireSerializer>(Serialization.FindSerializerFor(sample));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_message_is_the_same_after_the_wire(string kind)
    {
        var (serializer, sample) = Of(kind);
        var bytes = serializer.ToBinary(sample);

        var received = serializer.FromBinary(bytes, serializer.Manifest(sample));

        Assert.IsType(sample.GetType(), received);
        Assert.Equal(bytes, serializer.ToBinary(received));
        Assert.Equivalent(sample, received, strict: true);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_bytes_of_a_message_never_change_under_its_manifest(string kind)
    {
        var (serializer, sample) = Of(kind);
        var manifest = serializer.Manifest(sample);
        var actual = Convert.ToHexStringLower(serializer.ToBinary(sample));
        var file = Path.Combine(GoldenFolder, manifest + ".hex");

        Assert.True(File.Exists(file), $"no golden bytes for '{manifest}': add tests/Cluster.Train.Tests/Protocol/Golden/{manifest}.hex with {actual}");
        Assert.Equal(File.ReadAllText(file).Trim(), actual);
    }

    [Fact]
    public void Manifests_are_short_versioned_and_belong_to_one_message_each()
    {
        var manifests = WireSamples.All.Select(message => Serializer.Manifest(message)).ToArray();
        Assert.Equal(manifests.Length, manifests.Distinct().Count());
        Assert.Equal(WireSerializer.Manifests.Order(), manifests.Order());
        Assert.All(manifests, manifest => Assert.Matches("^[a-z-]{1,20}-[0-9]+$", manifest));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_cut_or_prolonged_message_is_refused_with_its_manifest(string kind)
    {
        var (serializer, sample) = Of(kind);
        var (bytes, manifest) = (serializer.ToBinary(sample), serializer.Manifest(sample));
        for (var length = 0; length < bytes.Length; length++)
        {
            Refused(bytes[..length], manifest);
        }

        Refused([.. bytes, 0], manifest);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Random_bytes_are_refused_or_read_but_never_do_anything_else(string kind)
    {
        var (serializer, sample) = Of(kind);
        var manifest = serializer.Manifest(sample);
        var original = serializer.ToBinary(sample);
        const int seed = 20;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < 2000; round++)
        {
            var bytes = original.ToArray();
            if (bytes.Length == 0 || round % 4 == 0)
            {
                bytes = new byte[random.Next(64)];
                random.NextBytes(bytes);
            }
            else
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            try
            {
                Assert.IsType(sample.GetType(), serializer.FromBinary(bytes, manifest));
            }
            catch (SerializationException error)
            {
                Assert.Contains(manifest, error.Message, StringComparison.Ordinal);
                Assert.DoesNotContain('\n', error.Message);
            }
        }
    }

    [Fact]
    public void A_message_of_a_newer_version_may_have_more_fields_however_deep_they_nest()
    {
        const int depth = 10_000;
        var (serializer, sample) = Of(nameof(HelloWanted));
        byte[] bytes = [0x92, .. serializer.ToBinary(sample)[1..], .. Enumerable.Repeat((byte)0x91, depth), 0xc0];

        Assert.Equal(sample, serializer.FromBinary(bytes, "hello-wanted-1"));
    }

    [Fact]
    public void Nesting_where_a_value_should_be_is_refused() =>
        Refused([0x91, .. Enumerable.Repeat((byte)0x91, 10_000), 0xc0], "hello-wanted-1");

    [Theory]
    [InlineData(new byte[] { 0xdd, 0x7f, 0xff, 0xff, 0xff })]
    [InlineData(new byte[] { 0x91, 0xdb, 0x7f, 0xff, 0xff, 0xff })]
    public void A_length_of_two_thousand_million_is_refused_before_anything_is_allocated(byte[] bytes) => Refused(bytes, "hello-wanted-1");

    [Fact]
    public void An_unknown_manifest_is_refused()
    {
        var error = Assert.Throws<SerializationException>(() => Serializer.FromBinary([0x90], "hello-99"));
        Assert.Contains("hello-99", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_object_without_a_form_of_its_own_is_refused_in_both_directions()
    {
        var refusing = Serialization.FindSerializerFor(new Version(1, 2));

        Assert.IsType<RefusingSerializer>(refusing);
        Assert.Throws<SerializationException>(() => refusing.ToBinary(new Version(1, 2)));
        Assert.Throws<SerializationException>(() => refusing.FromBinary<Version>([1]));
        // 1 is the number under which Akka's own reader of any type would be called.
        Assert.ThrowsAny<Exception>(() => Serialization.Deserialize("\"x\""u8.ToArray(), 1, "System.String, mscorlib"));
    }

    [Theory]
    [InlineData("Akka.Remote.RemoteWatcher+Heartbeat, Akka.Remote")]
    [InlineData("Akka.Actor.Identify, Akka")]
    [InlineData("Akka.Cluster.InternalClusterAction+InitJoin, Akka.Cluster")]
    [InlineData("Akka.Cluster.ClusterHeartbeatSender+Heartbeat, Akka.Cluster")]
    [InlineData("Akka.Cluster.GossipEnvelope, Akka.Cluster")]
    public void Messages_of_Akka_itself_keep_their_serializers(string name)
    {
        var type = Type.GetType(name, throwOnError: true)!;
        var serializer = Serialization.FindSerializerForType(type);
        output.WriteLine($"{type.Name}: {serializer.GetType().Name}");
        Assert.StartsWith("Akka.", serializer.GetType().FullName, StringComparison.Ordinal);
    }

    private WireSerializer Serializer => new((ExtendedActorSystem)cluster.System);

    private (WireSerializer Serializer, IWireMessage Sample) Of(string kind) =>
        (Serializer, WireSamples.All.Single(message => message.GetType().Name == kind));

    private void Refused(byte[] bytes, string manifest)
    {
        var error = Assert.Throws<SerializationException>(() => Serializer.FromBinary(bytes, manifest));
        Assert.Contains(manifest, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }
}
