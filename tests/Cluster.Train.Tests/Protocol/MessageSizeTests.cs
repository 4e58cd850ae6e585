using Akka.Actor;
using Akka.TestKit.Xunit2;
using Cluster.Train.Actors;
using Cluster.Train.Members;
using Cluster.Train.Membership;
using Cluster.Train.Nodes;
using Cluster.Train.Protocol;
using Cluster.Train.Protocol.Wire;
using Cluster.Train.Reduction;
using Cluster.Train.Tests.Nodes;
using Cluster.Train.Training;
using Xunit.Abstractions;

namespace Cluster.Train.Tests.Protocol;

/// <summary>
/// The messages that grow with the model and with the cluster, against a frame of Akka.Remote: a larger message is
/// dropped with an error in the log.
/// </summary>
public sealed class MessageSizeTests : TestKit
{
    private const string FrameSetting = "akka.remote.dot-netty.tcp.maximum-frame-size";

    /// <summary>What surrounds a message: paths of sender and receiver, manifest, lengths.</summary>
    private const int Envelope = 1_000;

    /// <summary>From how many bytes on .NET puts an array on its large-object heap.</summary>
    private const int LargeObject = 85_000;

    private readonly ITestOutputHelper _output;
    private readonly WireSerializer _serializer;
    private readonly int _room = (int)NodeConfig.Of(TestCluster.Options(NodeRole.Worker)).GetByteSize(FrameSetting)!.Value - Envelope;

    public MessageSizeTests(ITestOutputHelper output)
        : base(ActorSystems.Defaults)
    {
        _output = output;
        _serializer = new WireSerializer((ExtendedActorSystem)Sys);
    }

    public static TheoryData<string, int, int> Models => new()
    {
        // As the names of a transformer are, with four tensors to each of 7,500 layers.
        { "transformer.layers.4711.feed_forward.expand.weight", 30_000, 80 },
        { new string('n', 500), 10_000, 200 },
        { new string('n', 10_000), 12, 6 },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void A_model_of_thousands_of_tensors_can_join_in_messages_of_ordinary_size(string name, int count, int mostPages)
    {
        var state = new InitialState([.. Enumerable.Range(0, count).Select(index => new InitialTensor(
            new TensorEntry($"{name}.{index}", [2_048, 4_096], TensorRole.Trainable, index * 4_200_000L), long.MinValue + index))]);

        var first = state.Page(0);
        Assert.InRange(Size(new JoinRequest(Id(0), Replica(), first, [Snapshot(0), Snapshot(1)], [Memo(), Memo()], "")), 1_000, LargeObject - Envelope);
        var (read, pages) = (first.Tensors.ToList(), 1);
        for (; read.Count < count; pages++)
        {
            var page = state.Page(read.Count);
            Assert.InRange(Size(new MoreTensors(Id(0), page)), 1_000, LargeObject - Envelope);
            read.AddRange(page.Tensors);
        }

        _output.WriteLine($"{count} tensors: {pages} pages");
        Assert.InRange(pages, 2, mostPages);
        Assert.Equal(state.Tensors, read);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(256)]
    [InlineData(Roster.MostWorkers)]
    public void A_generation_of_many_members_can_be_prepared(int members)
    {
        var size = Size(Generation(members));

        _output.WriteLine($"PrepareGeneration, {members} members: {size} bytes, {size / members} a member");
        Assert.InRange(size, 1_000, _room);
    }

    [Fact]
    public void Long_names_of_hosts_fit_as_well() =>
        Assert.InRange(Size(Generation(Roster.MostWorkers, domain: ".training.europe-west4.internal.example.com")), 200_000, _room);

    [Fact]
    public void What_is_told_again_and_again_stays_off_the_large_object_heap()
    {
        // Far more losses than replicas compute between two reports.
        var shards = new ShardRange(0, 64);
        var evaluations = Enumerable.Range(0, 64).Select(shard => new ShardEvaluation(120_000, shard, 1.5, 100, 120, 120, MetricSums.None));

        var size = Size(new StepReport(Id(0), 7, 120_000, 10_000, shards, [.. Enumerable.Repeat(1.5f, 10_000)], [.. evaluations], 0.1));

        _output.WriteLine($"StepReport, 10,000 losses: {size} bytes");
        Assert.InRange(size, 40_000, LargeObject - 1);
    }

    private int Size(IWireMessage message) => _serializer.ToBinary(message).Length;

    [Fact]
    public void The_largest_preparation_fits_a_frame()
    {
        var state = new InitialState([.. Enumerable.Range(0, 30_000).Select(index => new InitialTensor(new TensorEntry($"{index}", [1], TensorRole.Trainable, index), index))]);
        var replica = Replica() with { Preparation = new string('p', TaskDataOpener.MostPreparation) };

        Assert.InRange(Size(new JoinRequest(Id(0), replica, state.Page(0), [Snapshot(0), Snapshot(1)], [Memo(), Memo()], "")), TaskDataOpener.MostPreparation, _room);
    }

    private static PrepareGeneration Generation(int members, string domain = "") => new(
        new Roster(7, Topology.Sharded, new string('s', 64), [.. Enumerable.Range(0, members).Select(rank => new RosterMember(
            rank, Id(rank), $"worker-{rank}{domain}", new ShardRange(rank, rank + 1), Slice(rank), Endpoint(rank, domain)))]),
        120_000,
        500_000,
        [.. Enumerable.Range(0, members).Select(rank => new StateHolder(Id(rank), Endpoint(rank, domain), [Snapshot(rank)]))]);

    private static string Id(int rank) => $"{rank:x32}";

    private static string Endpoint(int rank, string domain = "") => $"10.20.{rank / 256}.{rank % 256}{domain}:4711";

    private static VectorSlice Slice(int rank) => new(rank * 4_000_000L, (rank + 1) * 4_000_000L);

    private static HeldSnapshot Snapshot(int rank) => new(120_000, true, [Slice(rank), Slice(rank + 1)]);

    private static ReplicaDescription Replica() => new(
        new string('a', 64), string.Join("; ", Enumerable.Repeat($"Some.Assembly.Of.A.Program 1.2.3.4 {new string('m', 32)}", 60)), new string('b', 64), new string('d', 64), new string('c', 64), 1_000_000, 10_000,
        4_200_000_000, 4_200_000_000, 4_200_000_000, "NVIDIA H100", "01234567-01234567-01234567-01234567-01234567", new string('e', 48), Endpoint(0));

    private static JobMemo Memo() => new(
        120_000, 61_440_000, 1.5, 1_000, 1.5, 1.6, double.NaN, 10_000, 3_600, 30, 1, 100, "/data/checkpoints/step-000000120000", MetricSums.None);
}
