using Cluster.Train.Exchange;
using Cluster.Train.Exchange.Peers;
using Cluster.Train.Membership;
using Cluster.Train.Snapshots;
using Cluster.Train.Tests.Exchange.Tcp;

namespace Cluster.Train.Tests.Snapshots;

public sealed class StateClientTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly StatePiece Piece = new(40, StateKind.Optimizer, "momentum", 10, 3);

    private readonly List<IDisposable> _disposables = [];

    public void Dispose() => _disposables.ForEach(item => item.Dispose());

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pieces_of_any_size_come_whole(bool encrypted)
    {
        using var authority = Certificates.Authority("cluster");
        var security = encrypted ? Certificates.Node(authority) : null;
        var asked = new List<StatePiece>();
        var roster = Serve(security, piece =>
        {
            asked.Add(piece);
            return Values(piece.Length);
        });

        StatePiece[] pieces = [Piece with { Length = 1_000_003 }, Piece with { Kind = StateKind.Vector, Name = "", Start = 0, Length = 1 }, Piece with { Length = 0 }];
        foreach (var piece in pieces)
        {
            Assert.Equal(Values(piece.Length), Fetch(roster, piece, out var refusal, security));
            Assert.Null(refusal);
        }

        Assert.Equal(pieces, asked);
    }

    [Fact]
    public void What_is_not_held_is_an_answer()
    {
        var roster = Serve(security: null, _ => null);

        Assert.Equal(new float[3], Fetch(roster, Piece, out var refusal));

        Assert.StartsWith($"worker-2 (host-1) at {roster.Members[1].Endpoint} does not hold", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void A_source_of_another_length_breaks_the_connection_instead_of_the_values()
    {
        var roster = Serve(security: null, _ => Values(5));

        Assert.Equal(new float[3], Fetch(roster, Piece, out var refusal));

        Assert.Contains("worker-2 (host-1)", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void A_peer_that_falls_silent_is_given_up_by_name()
    {
        using var release = new ManualResetEventSlim();
        var roster = Serve(security: null, _ =>
        {
            release.Wait(Patience);
            return null;
        });

        Fetch(roster, Piece, out var refusal, timeout: TimeSpan.FromSeconds(3));

        release.Set();
        Assert.StartsWith($"waited 3 s for worker-2 (host-1) at {roster.Members[1].Endpoint} to send", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stranger_to_the_generation_gets_nothing()
    {
        var served = false;
        var roster = Serve(security: null, _ =>
        {
            served = true;
            return Values(3);
        });

        Assert.Equal(new float[3], Fetch(roster with { Secret = new string('6', 64) }, Piece, out var refusal));

        Assert.EndsWith("the generation's secret is not the same there", refusal, StringComparison.Ordinal);
        Assert.False(served);
    }

    private static float[] Values(long length) => [.. Enumerable.Range(0, (int)length).Select(index => (index + 1) * 0.5f)];

    private static float[] Fetch(
        ExchangeRoster roster, StatePiece piece, out string? refusal, TensorSecurity? security = null, TimeSpan? timeout = null)
    {
        var values = new float[piece.Length];
        Assert.Equal(
            StateClient.TryFetch(roster, 0, roster.Members[1].Endpoint!, security, piece, values, timeout ?? Patience, out refusal),
            refusal is null);
        return values;
    }

    private ExchangeRoster Serve(TensorSecurity? security, Func<StatePiece, float[]?> find)
    {
        var listeners = TcpRosters.Listeners(2, security);
        _disposables.AddRange(listeners);
        var roster = TcpRosters.Create(2, 100, Topology.Sharded, clip: null, rank => rank < 2 ? listeners[rank].Endpoint : null);
        listeners[1].Admit(roster);
        _disposables.Add(new StateService(listeners[1]).Serve(roster.Job, new Source(find)));
        return roster;
    }

    private sealed class Source(Func<StatePiece, float[]?> find) : IStateSource
    {
        public StateValues? Find(StatePiece piece) => find(piece) is { } values ? new StateValues(values) : null;
    }
}
