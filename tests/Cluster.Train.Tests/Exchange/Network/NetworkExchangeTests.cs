using Cluster.Train.Exchange;
using Cluster.Train.Exchange.InProcess;
using Cluster.Train.Exchange.Network;
using Cluster.Train.Exchange.Peers;
using Cluster.Train.Exchange.SharedMemory;
using Cluster.Train.Membership;
using Cluster.Train.Reduction;
using Cluster.Train.Tests.Exchange.SharedMemory;
using Cluster.Train.Tests.Exchange.Tcp;

namespace Cluster.Train.Tests.Exchange.Network;

public sealed class NetworkExchangeTests : IDisposable
{
    private const int Workers = 3;

    private readonly SharedDirectory _host = new();
    private readonly SharedDirectory _otherHost = new();
    private readonly TensorListener[] _listeners = TcpRosters.Listeners(Workers + 1);

    [Theory]
    [InlineData(Topology.Sharded, null)]
    [InlineData(Topology.Sharded, 0.5f)]
    [InlineData(Topology.Coordinator, null)]
    [InlineData(Topology.Coordinator, 0.5f)]
    public void Members_of_one_host_share_memory_and_others_do_not_with_the_same_bits(Topology topology, float? clip)
    {
        var roster = Roster(topology, clip);
        var hub = new InProcessExchangeHub();
        var expected = ExchangeRun.Train(roster, steps: 3, clip, (rank, owner) => hub.Join(roster, rank, owner, ExchangeRun.StepTimeout));

        Assert.Equal(expected, ExchangeRun.Train(roster, steps: 3, clip, (rank, owner) =>
        {
            var exchange = Join(roster, rank, owner, _host.Location);
            Assert.Null(exchange.NotShared);
            return exchange;
        }));
        var apart = roster with { Generation = 2 };
        Assert.Equal(expected, ExchangeRun.Train(apart, steps: 3, clip, (rank, owner) =>
        {
            var exchange = Join(apart, rank, owner, rank == 0 ? _host.Location : _otherHost.Location);
            Assert.Contains("Could not find file", exchange.NotShared, StringComparison.Ordinal);
            Assert.Null(exchange.Advice);
            return exchange;
        }));
        Assert.Empty(_host.Files);
        Assert.Empty(_otherHost.Files);
    }

    [Fact]
    public void A_member_that_is_alone_needs_no_shared_memory()
    {
        var roster = TcpRosters.Create(1, 100, Topology.Sharded, clip: null, rank => _listeners[rank].Endpoint);

        using var exchange = Join(roster, 0, TcpRosters.Owner(roster, 0, clip: null), "/dev/shm/not/there");

        exchange.Run(0);
        Assert.Equal("there is nobody to share it with", exchange.NotShared);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_member_that_dies_frees_whoever_waits_in_shared_memory_and_ends_the_generation_of_who_computes(bool waits)
    {
        var roster = Roster(Topology.Sharded, clip: null);
        var lost = new TaskCompletionSource<ExchangeMember>();
        NetworkExchange? survivor = null;
        ExchangeMesh? mesh = null;
        TensorExchange? memory = null;
        NetworkExchange? third = null;
        ExchangeRun.OnThreads(Workers, rank =>
        {
            // A process that dies closes its connections and says nothing in the shared memory.
            if (rank == 1)
            {
                mesh = ExchangeMesh.Connect(roster, rank, _listeners[rank], ExchangeRun.StepTimeout);
                memory = SharedMemoryMeeting.TryJoin(
                    roster, rank, owner: null, ExchangeRun.StepTimeout, note => mesh.AllGather(note, ExchangeRun.StepTimeout), _host.Location, out _);
            }
            else if (rank == 0)
            {
                survivor = Join(roster, rank, TcpRosters.Owner(roster, rank, clip: null), _host.Location, lost.SetResult);
            }
            else
            {
                third = Join(roster, rank, TcpRosters.Owner(roster, rank, clip: null), _host.Location);
            }
        });
        var waiting = waits ? Step(survivor!) : null;

        mesh!.Dispose();

        Assert.Equal(roster.Members[1], await lost.Task.WaitAsync(ExchangeRun.StepTimeout));
        var error = await Assert.ThrowsAsync<ExchangeAbortedException>(() => (waiting ?? Step(survivor!)).WaitAsync(ExchangeRun.StepTimeout));
        Assert.Equal($"the connection to {roster.Members[1].Name} was closed", error.Message);
        survivor!.Dispose();
        third!.Dispose();
        memory!.Dispose();
    }

    [Fact]
    public void An_abort_is_told_to_the_others_with_its_reason()
    {
        var roster = Roster(Topology.Sharded, clip: null);
        var sides = new NetworkExchange[Workers];
        ExchangeRun.OnThreads(Workers, rank => sides[rank] = Join(roster, rank, TcpRosters.Owner(roster, rank, clip: null), _host.Location));

        sides[0].Abort("a member failed in step 7: no luck");

        Assert.All(sides, side => Assert.Equal(
            "a member failed in step 7: no luck", Assert.Throws<ExchangeAbortedException>(() => side.Run(7)).Message));
        Array.ForEach(sides, side => side.Dispose());
        sides[0].Abort("too late");
    }

    public void Dispose()
    {
        Array.ForEach(_listeners, listener => listener.Dispose());
        _host.Dispose();
        _otherHost.Dispose();
    }

    private static Task Step(NetworkExchange exchange) => Task.Factory.StartNew(
        () => exchange.Run(0), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private ExchangeRoster Roster(Topology topology, float? clip) =>
        TcpRosters.Create(Workers, 20_000, topology, clip, rank => _listeners[rank].Endpoint);

    private NetworkExchange Join(
        ExchangeRoster roster, int rank, SliceOwner? owner, string directory, Action<ExchangeMember>? lost = null) =>
        NetworkExchange.Join(
            roster, rank, owner, _listeners[rank], ExchangeRun.StepTimeout, ExchangeRun.StepTimeout, lost, directory, CancellationToken.None);
}
