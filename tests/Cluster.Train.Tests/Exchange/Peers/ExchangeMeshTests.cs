using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Cluster.Train.Exchange;
using Cluster.Train.Exchange.Peers;
using Cluster.Train.Membership;
using Cluster.Train.Tests.Exchange.Tcp;

namespace Cluster.Train.Tests.Exchange.Peers;

public sealed class ExchangeMeshTests : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);
    private readonly List<IDisposable> _disposables = [];

    public void Dispose() => _disposables.ForEach(item => item.Dispose());

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_member_gets_every_note_by_rank(int members)
    {
        var (roster, listeners) = Roster(members);

        var gathered = TcpRosters.OnThreads(members, rank =>
        {
            var mesh = ExchangeMesh.Connect(roster, rank, listeners[rank], Timeout);
            lock (_disposables)
            {
                _disposables.Add(mesh);
            }

            var notes = Enumerable.Range(0, 3).Select(round => mesh.AllGather([(byte)rank, (byte)round], Timeout)).ToArray();
            Assert.All(mesh.AllGather(new byte[ExchangeMesh.LongestNote], Timeout), note => Assert.Equal(ExchangeMesh.LongestNote, note.Length));
            return notes;
        });

        Assert.All(gathered, rounds =>
        {
            for (var round = 0; round < rounds.Length; round++)
            {
                Assert.Equal(Enumerable.Range(0, members).Select(rank => new[] { (byte)rank, (byte)round }), rounds[round]);
            }
        });
    }

    [Fact]
    public void The_members_of_one_process_share_its_listener()
    {
        using var listener = new TensorListener("127.0.0.1:0");
        var roster = TcpRosters.Create(3, 100, Topology.Sharded, clip: null, _ => listener.Endpoint);

        var meshes = TcpRosters.OnThreads(3, rank => ExchangeMesh.Connect(roster, rank, listener, Timeout));

        Assert.All(TcpRosters.OnThreads(3, rank => meshes[rank].AllGather([(byte)rank], Timeout)), notes => Assert.Equal([[0], [1], [2]], notes));
        Array.ForEach(meshes, mesh => mesh.Dispose());
    }

    [Fact]
    public async Task A_member_that_goes_is_noticed_by_all_others_by_name()
    {
        var (roster, listeners) = Roster(3);
        var lost = new BlockingCollection<string>();
        var meshes = TcpRosters.OnThreads(3, rank => ExchangeMesh.Connect(roster, rank, listeners[rank], Timeout, member => lost.Add($"{rank} lost {member.Name}")));
        _disposables.AddRange(meshes);
        var gathering = Task.Factory.StartNew(
            () => meshes[0].AllGather([], Timeout), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        meshes[1].Dispose();

        string[] told = [lost.Take(new CancellationTokenSource(Timeout).Token), lost.Take(new CancellationTokenSource(Timeout).Token)];
        Assert.Equal(["0 lost worker-2 (host-1)", "2 lost worker-2 (host-1)"], told.Order());
        Assert.Equal("worker-2 (host-1)", meshes[2].FirstLost?.Name);
        var error = await Assert.ThrowsAsync<ExchangeAbortedException>(() => gathering.WaitAsync(Timeout));
        Assert.Equal("the connection to worker-2 (host-1) was closed", error.Message);
    }

    [Theory]
    [InlineData(0, "worker-2 (host-1)")]
    [InlineData(1, "worker-1 (host-0)")]
    public void A_member_that_does_not_come_is_named(int rank, string missing)
    {
        var (roster, listeners) = Roster(2, TensorListenerLimits.Default with { HandshakeTimeout = TimeSpan.FromMilliseconds(200) });

        var error = Assert.Throws<ExchangeAbortedException>(
            () => ExchangeMesh.Connect(roster, rank, listeners[rank], TimeSpan.FromSeconds(1)));

        // How long in the end depends on when this thread gets its turn.
        Assert.Matches($@"^waited \d+ s for {Regex.Escape(missing)}", error.Message);
    }

    [Fact]
    public async Task Waiting_for_a_member_can_be_ended()
    {
        var (roster, listeners) = Roster(2);
        using var abort = new CancellationTokenSource();
        var connecting = Task.Factory.StartNew(
            () => ExchangeMesh.Connect(roster, 1, listeners[1], TimeSpan.FromMinutes(5), abort: abort.Token),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        await abort.CancelAsync();

        var error = await Assert.ThrowsAsync<ExchangeAbortedException>(() => connecting.WaitAsync(Timeout));
        Assert.Contains("was ended while worker-1 (host-0) was waited for", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_member_of_a_generation_that_is_over_is_told_so_at_once()
    {
        var (roster, listeners) = Roster(2);
        var newer = roster with { Generation = roster.Generation + 1 };
        _disposables.AddRange(TcpRosters.OnThreads(2, rank => ExchangeMesh.Connect(newer, rank, listeners[rank], Timeout)));

        var error = Assert.Throws<ExchangeAbortedException>(() => ExchangeMesh.Connect(roster, 0, listeners[0], TimeSpan.FromMinutes(5)));

        Assert.Equal($"worker-2 (host-1) at {listeners[1].Endpoint} refused to join generation 1: the generation is over there", error.Message);
    }

    [Fact]
    public void A_caller_may_come_before_the_member_it_calls_has_joined()
    {
        var (roster, listeners) = Roster(2);

        var meshes = TcpRosters.OnThreads(2, rank =>
        {
            if (rank == 1)
            {
                SpinWait.SpinUntil(() => listeners[1].Unauthenticated == 1, Timeout);
            }

            return ExchangeMesh.Connect(roster, rank, listeners[rank], Timeout);
        });

        _disposables.AddRange(meshes);
        Assert.All(meshes, mesh => Assert.Null(mesh.FirstLost));
    }

    private (ExchangeRoster Roster, TensorListener[] Listeners) Roster(int members, TensorListenerLimits? limits = null)
    {
        var listeners = TcpRosters.Listeners(members, limits: limits);
        _disposables.AddRange(listeners);
        return (TcpRosters.Create(members, 100, Topology.Sharded, clip: null, rank => rank < members ? listeners[rank].Endpoint : null), listeners);
    }
}
