using Cluster.Train.Exchange;
using Cluster.Train.Exchange.State;
using Cluster.Train.Exchange.Tcp;
using Cluster.Train.Membership;
using Cluster.Train.Tests.Exchange.Tcp;

namespace Cluster.Train.Tests.Exchange.State;

public sealed class StateClientTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly StatePiece Piece = new(40, StateKind.Optimizer, "momentum", 10, 1_000_003);

    private readonly List<IDisposable> _disposables = [];

    public void Dispose() => _disposables.ForEach(item => item.Dispose());

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pieces_of_any_size_come_whole_one_after_the_other(bool encrypted)
    {
        using var authority = Certificates.Authority("cluster");
        var security = encrypted ? Certificates.Node(authority) : null;
        var asked = new List<StatePiece>();
        using var client = Connect(new Source(piece =>
        {
            asked.Add(piece);
            return Values(piece.Length);
        }), security);

        StatePiece[] pieces = [Piece, Piece with { Kind = StateKind.Vector, Name = "", Start = 0, Length = 1 }, Piece with { Length = 0 }, Piece with { Length = 16384 }];
        foreach (var piece in pieces)
        {
            var values = new float[piece.Length];
            Assert.True(client.TryFetch(piece, values));
            Assert.Equal(Values(piece.Length), values);
        }

        Assert.Equal(pieces, asked);
    }

    [Fact]
    public void What_is_not_held_is_an_answer_and_the_connection_lives_on()
    {
        using var client = Connect(new Source(piece => piece.Step == 40 ? Values(piece.Length) : null), security: null);
        var values = new float[3];

        Assert.False(client.TryFetch(Piece with { Step = 41, Length = 3 }, values));
        Assert.Equal(new float[3], values);
        Assert.True(client.TryFetch(Piece with { Length = 3 }, values));
        Assert.Equal(Values(3), values);
    }

    [Fact]
    public void A_process_that_serves_no_snapshots_of_the_job_holds_none()
    {
        using var client = Connect(source: null, security: null);

        Assert.False(client.TryFetch(Piece with { Length = 3 }, new float[3]));
    }

    [Fact]
    public void A_source_of_another_length_breaks_the_connection_instead_of_the_values()
    {
        using var client = Connect(new Source(_ => Values(5)), security: null);

        var error = Assert.Throws<ExchangeAbortedException>(() => client.TryFetch(Piece with { Length = 3 }, new float[3]));

        Assert.Contains("the connection to worker-2 (host-1) was closed while", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_peer_that_falls_silent_is_given_up_by_name()
    {
        using var release = new ManualResetEventSlim();
        using var client = Connect(new Source(_ =>
        {
            release.Wait(Patience);
            return null;
        }), security: null, TimeSpan.FromSeconds(1));

        var error = Assert.Throws<ExchangeAbortedException>(() => client.TryFetch(Piece with { Length = 3 }, new float[3]));

        release.Set();
        Assert.StartsWith("waited 1 s for worker-2 (host-1) to send", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_end_of_the_generation_ends_its_state_connections()
    {
        using var client = Connect(new Source(piece => Values(piece.Length)), security: null);
        Assert.True(client.TryFetch(Piece with { Length = 3 }, new float[3]));

        _disposables.OfType<GenerationSeat>().Single().Dispose();

        Assert.Throws<ExchangeAbortedException>(() => client.TryFetch(Piece with { Length = 3 }, new float[3]));
    }

    private static float[] Values(long length) => [.. Enumerable.Range(0, (int)length).Select(index => index * 0.5f)];

    private StateClient Connect(IStateSource? source, TensorSecurity? security, TimeSpan? timeout = null)
    {
        var listeners = TcpRosters.Listeners(2, security);
        _disposables.AddRange(listeners);
        var roster = TcpRosters.Create(2, 100, Topology.Sharded, clip: null, rank => rank < 2 ? listeners[rank].Endpoint : null);
        _disposables.Add(listeners[1].Register(roster, 1));
        if (source is not null)
        {
            _disposables.Add(listeners[1].ServeState(roster.Job, source));
        }

        return StateClient.Connect(roster, 0, 1, security, timeout ?? Patience);
    }

    private sealed class Source(Func<StatePiece, float[]?> find) : IStateSource
    {
        public ReadOnlyMemory<float>? Find(StatePiece piece) => find(piece) is { } values ? values : (ReadOnlyMemory<float>?)null;
    }
}
