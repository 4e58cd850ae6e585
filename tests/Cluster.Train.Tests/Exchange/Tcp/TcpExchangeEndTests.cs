using Cluster.Train.Exchange;
using Cluster.Train.Exchange.Peers;
using Cluster.Train.Exchange.Tcp;
using Cluster.Train.Membership;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Exchange.Tcp;

/// <summary>How a generation ends early: a member dies, hangs, misbehaves, or is told to stop.</summary>
public sealed class TcpExchangeEndTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly List<IDisposable> _disposables = [];
    private readonly System.Collections.Concurrent.BlockingCollection<string> _lost = [];

    public void Dispose() => _disposables.ForEach(item => item.Dispose());

    [Theory]
    [InlineData(17)]
    [InlineData(3_000_000)]
    public async Task A_member_that_dies_frees_whoever_waits_for_it_and_is_named(int length)
    {
        var members = Join(3, length, Patience);
        var waiting = members[0].RunAsync(0);

        members[1].Dispose();

        var error = await Assert.ThrowsAsync<ExchangeAbortedException>(() => waiting.WaitAsync(Patience));
        Assert.Equal("the connection to worker-2 (host-1) was closed", error.Message);
        Assert.Contains("worker-2", Assert.Throws<ExchangeAbortedException>(() => members[0].Exchange.Run(1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_member_that_dies_behind_bytes_not_yet_read_is_noticed_while_this_one_computes()
    {
        var members = Join(2, 100_000, Patience);
        var dying = members[1].RunAsync(0);
        // Its contributions are on their way; this member is still computing and reads nothing.
        Assert.True(SpinWait.SpinUntil(() => members[1].Exchange.BytesSent > 4 * 40_000, Patience));

        members[1].Mesh.Dispose();

        Assert.Equal("worker-2 (host-1)", _lost.Take(new CancellationTokenSource(Patience).Token));
        await Assert.ThrowsAsync<ExchangeAbortedException>(() => dying.WaitAsync(Patience));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_abort_frees_the_member_that_waits_and_keeps_the_first_reason(bool encrypted)
    {
        using var authority = Certificates.Authority("cluster");
        var members = Join(2, 3_000_000, Patience, encrypted ? Certificates.Node(authority) : null);
        var waiting = members[0].RunAsync(0);

        members[0].Exchange.Abort("first");
        members[0].Exchange.Abort("second");

        Assert.Equal("first", (await Assert.ThrowsAsync<ExchangeAbortedException>(() => waiting.WaitAsync(Patience))).Message);
        Assert.Equal("first", Assert.Throws<ExchangeAbortedException>(() => members[0].Exchange.Run(1)).Message);
        Assert.Throws<ExchangeAbortedException>(() => members[1].Exchange.Run(0));
    }

    [Fact]
    public async Task The_timeout_of_a_step_names_whom_it_waits_for_and_frees_the_others()
    {
        var members = Join(3, 10_000, TimeSpan.FromSeconds(1));
        var others = members[2].RunAsync(5);

        var one = Assert.Throws<ExchangeAbortedException>(() => members[0].Exchange.Run(5));
        var other = await Assert.ThrowsAsync<ExchangeAbortedException>(() => others.WaitAsync(Patience));

        // Whoever is the first to give up frees the other, which owes it a slice for the same reason.
        Assert.Matches(
            @"waited 1 s in step 5 for (worker-1 \(host-0\) \(its finished slice\), )?worker-2 \(host-1\) \(its gradients\)",
            $"{one.Message} {other.Message}");
    }

    [Fact]
    public void A_lone_timeout_says_step_phase_and_time()
    {
        var members = Join(2, 17, TimeSpan.FromSeconds(1));

        var error = Assert.Throws<ExchangeAbortedException>(() => members[0].Exchange.Run(5));

        Assert.Equal("waited 1 s in step 5 for worker-2 (host-1) (its gradients)", error.Message);
    }

    [Fact]
    public async Task Members_in_different_steps_end_the_generation_instead_of_mixing_them()
    {
        var members = Join(2, 10_000, Patience);
        var other = members[1].RunAsync(6);

        var error = Assert.Throws<ExchangeAbortedException>(() => members[0].Exchange.Run(5));

        Assert.Matches("^worker-2 \\(host-1\\) sent .* of step 6 in generation 1 where .* of step 5 in generation 1 were due$|^the connection to", error.Message);
        await Assert.ThrowsAsync<ExchangeAbortedException>(() => other.WaitAsync(Patience));
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(4)]
    [InlineData(-1)]
    public unsafe void A_member_that_announces_another_length_ends_the_generation_and_is_named(long length)
    {
        var listeners = Listeners(2, security: null);
        var roster = TcpRosters.Create(2, 17, Topology.Sharded, clip: null, rank => rank < 2 ? listeners[rank].Endpoint : null);
        TensorConnection? broken = null;
        var member = TcpRosters.OnThreads(2, rank =>
        {
            if (rank == 0)
            {
                return TcpMember.Join(roster, 0, listeners[0], stepTimeout: Patience);
            }

            var mesh = ExchangeMesh.Connect(roster, 1, listeners[1], Patience);
            _disposables.Add(mesh);
            mesh.Open(ConnectionPurpose.Tensors, [0], Patience, (_, connection) => broken = connection, default);
            return null;
        })[0]!;
        _disposables.AddRange([member, broken!]);
        var header = new FrameHeader(FrameKind.Gradients, roster.Generation, 5, length);
        broken!.Socket.Send(new ReadOnlySpan<byte>(&header, sizeof(FrameHeader)));

        var error = Assert.Throws<ExchangeAbortedException>(() => member.Exchange.Run(5));

        Assert.Equal(
            $"worker-2 (host-1) sent {length} bytes of Gradients of step 5 in generation 1 where 136 bytes of Gradients of step 5 in generation 1 were due",
            error.Message);
    }

    [Fact]
    public async Task A_faster_members_parameters_do_not_reach_one_that_is_still_computing()
    {
        var members = Join(2, 100_000, Patience);
        Step(members, 0);
        var before = Copy(members[0].Exchange.Parameters);
        var ahead = members[1].RunAsync(1);
        Assert.True(SpinWait.SpinUntil(() => members[1].Exchange.BytesSent > members[0].Exchange.BytesSent, Patience));

        Assert.Equal(before, Copy(members[0].Exchange.Parameters));
        members[0].Exchange.Run(1);
        await ahead.WaitAsync(Patience);
        Assert.Equal(Copy(members[0].Exchange.Parameters), Copy(members[1].Exchange.Parameters));
    }

    private static float[] Copy(FloatBlock block) => block.Span(0, (int)block.Length).ToArray();

    private static void Step(TcpMember[] members, long step) => TcpRosters.OnThreads(members.Length, rank =>
    {
        members[rank].Exchange.Contributions[0].Span(0, 100).Fill(rank + step + 1);
        members[rank].Exchange.Run(step);
        return 0;
    });

    private TensorListener[] Listeners(int count, TensorSecurity? security)
    {
        var listeners = TcpRosters.Listeners(count, security);
        _disposables.AddRange(listeners);
        return listeners;
    }

    private TcpMember[] Join(int workers, int length, TimeSpan stepTimeout, TensorSecurity? security = null)
    {
        var listeners = Listeners(workers, security);
        var roster = TcpRosters.Create(workers, length, Topology.Sharded, clip: null, rank => rank < workers ? listeners[rank].Endpoint : null);
        var members = TcpRosters.OnThreads(workers, rank => TcpMember.Join(
            roster, rank, listeners[rank], clip: null, stepTimeout, lost => _lost.Add(lost.Name)));
        _disposables.AddRange(members);
        return members;
    }
}
