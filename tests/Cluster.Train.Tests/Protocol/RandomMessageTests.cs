using System.Runtime.Serialization;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Protocol.Wire;
using Cluster.Train.Tests.Protocol.Wire;

namespace Cluster.Train.Tests.Protocol;

/// <summary>Every kind of message with random contents: as it should be, damaged, and made to do harm.</summary>
public sealed class RandomMessageTests(ClusterSystem cluster) : IClassFixture<ClusterSystem>
{
    private const int Rounds = 300;

    private readonly WireSerializer _serializer = new((Akka.Actor.ExtendedActorSystem)cluster.System);

    public static TheoryData<Type> Types => [.. RandomMessages.Types];

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_field_of_a_message_comes_back(Type type)
    {
        for (var seed = 0; seed < Rounds; seed++)
        {
            var message = new RandomMessages(seed).Next(type);
            var bytes = _serializer.ToBinary(message);

            var back = _serializer.FromBinary(bytes, _serializer.Manifest(message));

            Assert.True(Structure.Of(message) == Structure.Of(back), $"seed {seed}: sent {Structure.Of(message)}\nread {Structure.Of(back)}");
            Assert.True(bytes.AsSpan().SequenceEqual(_serializer.ToBinary(back)), $"seed {seed}: written again, the bytes differ");
        }
    }

    [Fact]
    public void A_job_that_crossed_the_network_has_the_hash_of_the_one_sent()
    {
        for (var seed = 0; seed < Rounds; seed++)
        {
            var offer = (JobOffer)new RandomMessages(seed).Next(typeof(JobOffer));

            var back = (JobOffer)_serializer.FromBinary(_serializer.ToBinary(offer), "offer-1");

            Assert.True(offer == back && offer.Definition.Hash() == back.Definition.Hash(), $"seed {seed}");
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_length_of_two_thousand_million_anywhere_allocates_nothing(Type type)
    {
        byte[] length = [0x7f, 0xff, 0xff, 0xff];
        // Array, text, block of bytes, map, extension.
        byte[][] announcements = [[0xdd, .. length], [0xdb, .. length], [0xc6, .. length], [0xdf, .. length], [0xc9, .. length, 1]];
        var (whole, manifest) = Sample(type);
        foreach (var announcement in announcements)
        {
            AssertRefused(announcement, manifest);
            for (var place = 0; place < Math.Min(whole.Length, 200); place++)
            {
                byte[] bytes = [.. whole.AsSpan(0, place), .. announcement, .. whole.AsSpan(place)];
                var before = GC.GetAllocatedBytesForCurrentThread();

                ReadOrBeRefused(bytes, manifest);

                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 500_000);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_million_levels_do_not_end_the_stack(Type type)
    {
        const int depth = 1_000_000;
        var (whole, manifest) = Sample(type);
        // Where a message has no field, the first one is already a newer version's.
        if (whole.Length > 1)
        {
            AssertRefused([.. Enumerable.Repeat((byte)0x91, depth), 0xc0], manifest);
        }

        for (var place = 1; place < Math.Min(whole.Length, 40); place++)
        {
            ReadOrBeRefused([.. whole.AsSpan(0, place), .. Enumerable.Repeat((byte)0x91, 10_000), 0xc0], manifest);
        }

        // Behind all fields that are known, as those of a newer version would be.
        Assert.InRange(whole[0], 0x90, 0x9e);
        whole[0]++;
        ReadOrBeRefused([.. whole, .. Enumerable.Repeat((byte)0x91, depth), 0xc0], manifest);
        ReadOrBeRefused([.. whole, .. Enumerable.Repeat<byte[]>([0x81, 0], depth).SelectMany(level => level), 0xc0], manifest);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_value_that_is_no_record_is_refused(Type type)
    {
        byte[][] values = [[0xc0], [0xc3], [7], [0xa1, 0x61], [0x80], [0xcb, 0, 0, 0, 0, 0, 0, 0, 0], [0xc4, 0], [0xd4, 1, 2], [0xc1]];

        Assert.All(values, bytes => AssertRefused(bytes, Sample(type).Manifest));
    }

    [Fact]
    public void A_manifest_cannot_write_lines_into_the_log()
    {
        var refusal = Assert.Throws<SerializationException>(() => _serializer.FromBinary([], "x\nERROR all is lost" + new string('!', 10_000)));

        Assert.DoesNotContain('\n', refusal.Message);
        Assert.InRange(refusal.Message.Length, 1, 200);
    }

    [Fact]
    public void A_message_that_lacks_a_list_is_not_written()
    {
        var refusal = Assert.Throws<SerializationException>(
            () => _serializer.ToBinary(new PrepareGeneration(new Roster(1, Topology.Sharded, "", default), 0, 0, [])));

        Assert.Equal("a message 'prepare-1' cannot be written: a list of RosterMember is missing", refusal.Message);
    }

    private (byte[] Bytes, string Manifest) Sample(Type type)
    {
        var message = new RandomMessages(1).Next(type);
        return (_serializer.ToBinary(message), _serializer.Manifest(message));
    }

    private void ReadOrBeRefused(byte[] bytes, string manifest)
    {
        try
        {
            _serializer.FromBinary(bytes, manifest);
        }
        catch (SerializationException refusal)
        {
            AssertNamed(refusal, manifest);
        }
    }

    private void AssertRefused(byte[] bytes, string manifest) =>
        AssertNamed(Assert.Throws<SerializationException>(() => _serializer.FromBinary(bytes, manifest)), manifest);

    private static void AssertNamed(SerializationException refusal, string manifest)
    {
        Assert.Contains($"'{manifest}'", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
    }
}
