using System.Collections.Concurrent;
using Cluster.Train.Exchange;
using Cluster.Train.Exchange.Peers;
using Cluster.Train.Membership;
using Cluster.Train.Tests.Exchange.Tcp;

namespace Cluster.Train.Tests.Exchange.Peers;

public sealed class PeerWatchTests : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private readonly BlockingCollection<(int Rank, string Reason)> _lost = [];
    private readonly TensorListener[] _listeners = TcpRosters.Listeners(2);

    public void Dispose()
    {
        Array.ForEach(_listeners, listener => listener.Dispose());
        _lost.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_process_that_goes_is_told_by_its_rank_and_the_others_are_not(int workers)
    {
        var roster = Roster(workers);
        var gone = workers - 1;
        Array.ForEach(_listeners, listener => listener.Admit(roster));
        using var watch = Start(roster);
        WaitForConnections(watch, roster.Members.Length);

        _listeners[gone].Dispose();

        Assert.Equal((gone, $"the connection to {roster.Members[gone].Name} was closed"), Take());
        Assert.Empty(_lost);
    }

    [Fact]
    public void A_process_is_watched_although_no_member_has_joined_or_after_all_have_left()
    {
        var roster = Roster(2);
        Array.ForEach(TcpRosters.OnThreads(2, rank => TcpMember.Join(roster, rank, _listeners[rank])), member => member.Dispose());
        using var watch = Start(roster);
        WaitForConnections(watch, roster.Members.Length);

        // The generation after next ends the watch of this one.
        Array.ForEach([roster with { Generation = 2 }, roster with { Generation = 3 }], _listeners[0].Admit);

        Assert.Equal(0, Take().Rank);
        Assert.Empty(_lost);
    }

    [Fact]
    public void A_process_that_does_not_listen_or_does_not_know_the_generation_is_told_with_the_reason()
    {
        var roster = Roster(2);
        _listeners[0].Admit(roster with { Secret = new string('6', 64) });
        _listeners[1].Dispose();
        using var watch = Start(roster);

        var told = new[] { Take(), Take() }.OrderBy(loss => loss.Rank).ToArray();

        Assert.Equal(
            (0, $"worker-1 (host-0) at {roster.Members[0].Endpoint} cannot be reached in generation 1: the generation's secret is not the same there"),
            told[0]);
        Assert.StartsWith($"worker-2 (host-1) at {roster.Members[1].Endpoint} cannot be reached in generation 1: ", told[1].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_told_after_the_watch_has_ended()
    {
        var roster = Roster(2);
        Array.ForEach(_listeners, listener => listener.Admit(roster));
        var watch = Start(roster);
        WaitForConnections(watch, roster.Members.Length);

        watch.Dispose();
        Array.ForEach(_listeners, listener => listener.Dispose());

        // A second watch learns it from the same events, and later.
        using var after = PeerWatch.Start(roster, security: null, Timeout, loss => _lost.Add((loss.Rank + 100, "")));
        Assert.Equal([100, 101], new[] { Take().Rank, Take().Rank }.Order());
        Assert.Empty(_lost);
    }

    private PeerWatch Start(ExchangeRoster roster) => PeerWatch.Start(roster, security: null, Timeout, loss => _lost.Add((loss.Rank, loss.Message)));

    private (int Rank, string Reason) Take() =>
        _lost.TryTake(out var loss, Timeout) ? loss : throw new TimeoutException("nothing was told");

    private static void WaitForConnections(PeerWatch watch, int count) => Assert.True(SpinWait.SpinUntil(() => watch.Connected == count, Timeout));

    private ExchangeRoster Roster(int workers) =>
        TcpRosters.Create(workers, 100, Topology.Sharded, clip: null, rank => rank < workers ? _listeners[rank].Endpoint : null);
}
