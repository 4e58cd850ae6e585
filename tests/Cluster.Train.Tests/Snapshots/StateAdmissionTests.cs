using System.Diagnostics;
using Cluster.Train.Exchange;
using Cluster.Train.Exchange.Peers;
using Cluster.Train.Membership;
using Cluster.Train.Snapshots;
using Cluster.Train.Tests.Exchange.Tcp;

namespace Cluster.Train.Tests.Snapshots;

/// <summary>Who may fetch a snapshot, and when: around the end of one generation and the beginning of the next.</summary>
public sealed class StateAdmissionTests : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);
    private static readonly StatePiece Piece = new(7, StateKind.Vector, "", 2, 3);

    private readonly TensorListener[] _listeners = TcpRosters.Listeners(2);
    private readonly StateService _states;
    private readonly Source _source = new();

    public StateAdmissionTests() => _states = new StateService(_listeners[1]);

    public void Dispose() => Array.ForEach(_listeners, listener => listener.Dispose());

    [Fact]
    public void A_coordinator_that_is_no_member_has_the_rank_after_the_last()
    {
        var roster = Roster(1);
        _listeners[1].Admit(roster);
        using var serving = _states.Serve(roster.Job, _source);

        Assert.Null(Fetch(roster, rank: 2));
        Assert.EndsWith("it knows no such member, or has its connection already", Fetch(roster, rank: 3), StringComparison.Ordinal);
        Assert.EndsWith("it knows no such member, or has its connection already", Fetch(roster, rank: -1), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_snapshot_is_served_after_its_generation_was_aborted_and_left(bool leaves)
    {
        var roster = Roster(1);
        using var serving = _states.Serve(roster.Job, _source);
        var members = TcpRosters.OnThreads(2, rank => TcpMember.Join(roster, rank, _listeners[rank]));
        members[1].Exchange.Abort("a member is gone");
        if (leaves)
        {
            Array.ForEach(members, member => member.Dispose());
        }

        Assert.Null(Fetch(roster));

        Array.ForEach(members, member => member.Dispose());
    }

    [Fact]
    public void Two_generations_are_admitted_and_the_one_before_them_is_over_at_once()
    {
        ExchangeRoster[] rosters = [Roster(1), Roster(2), Roster(3)];
        using var serving = _states.Serve(rosters[0].Job, _source);
        Array.ForEach(rosters, _listeners[1].Admit);

        Assert.Null(Fetch(rosters[2]));
        Assert.Null(Fetch(rosters[1]));
        Assert.Equal(
            $"worker-2 (host-1) at {_listeners[1].Endpoint} cannot be reached in generation 1: the generation is over there", Fetch(rosters[0]));
    }

    [Fact]
    public async Task Whoever_comes_before_the_generation_is_known_waits_for_it()
    {
        var roster = Roster(4);
        using var serving = _states.Serve(roster.Job, _source);
        var fetching = Task.Factory.StartNew(() => Fetch(roster), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Assert.True(SpinWait.SpinUntil(() => _listeners[1].Unauthenticated == 1, Timeout));
        Assert.False(fetching.IsCompleted);

        _listeners[1].Admit(roster);

        Assert.Null(await fetching.WaitAsync(Timeout));
    }

    [Fact]
    public void A_generation_that_never_comes_is_given_up_with_its_name()
    {
        var refusal = Fetch(Roster(9), timeout: TimeSpan.FromSeconds(1));

        // How long in the end depends on when this thread gets its turn.
        Assert.Matches($@"^waited \d+ s for worker-2 \(host-1\) at {_listeners[1].Endpoint} to join generation 9: ", refusal);
    }

    [Fact]
    public void A_job_that_is_started_anew_counts_from_one_again()
    {
        var first = Roster(1) with { Secret = new string('1', 64) };
        var second = Roster(1) with { Secret = new string('2', 64) };
        using var serving = _states.Serve(first.Job, _source);
        Array.ForEach([Roster(7), Roster(8), first, second], _listeners[1].Admit);

        Assert.Null(Fetch(second));
        Assert.EndsWith("the generation's secret is not the same there", Fetch(first), StringComparison.Ordinal);
    }

    [Fact]
    public void A_process_that_is_gone_is_given_up_at_once()
    {
        _listeners[1].Dispose();
        var started = Stopwatch.GetTimestamp();

        var refusal = Fetch(Roster(1), timeout: TimeSpan.FromMinutes(10));

        Assert.StartsWith($"worker-2 (host-1) at {_listeners[1].Endpoint} cannot be reached in generation 1: ", refusal, StringComparison.Ordinal);
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromMinutes(5));
    }

    [Fact]
    public void A_source_that_two_members_share_is_served_until_both_have_left()
    {
        var roster = Roster(1);
        _listeners[1].Admit(roster);
        var first = _states.Serve(roster.Job, _source);
        var second = _states.Serve(roster.Job, _source);

        second.Dispose();
        Assert.Null(Fetch(roster));
        first.Dispose();
        Assert.Contains("does not hold", Fetch(roster), StringComparison.Ordinal);
    }

    private ExchangeRoster Roster(int generation) =>
        TcpRosters.Create(2, 100, Topology.Sharded, clip: null, rank => rank < 2 ? _listeners[rank].Endpoint : null, generation);

    /// <summary>Why the piece was not fetched from the second member; null if it was, and is right.</summary>
    private string? Fetch(ExchangeRoster roster, int rank = 0, TimeSpan? timeout = null)
    {
        var values = new float[Piece.Length];
        if (StateClient.TryFetch(roster, rank, _listeners[1].Endpoint, security: null, Piece, values, timeout ?? Timeout, out var refusal))
        {
            Assert.Equal(Source.Values, values);
        }

        return refusal;
    }

    private sealed class Source : IStateSource
    {
        internal static readonly float[] Values = [1, 2, 3];

        public StateValues? Find(StatePiece piece) => piece == Piece ? new StateValues(Values) : null;
    }
}
