using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Cluster.Train.Exchange;
using Cluster.Train.Exchange.Peers;
using Cluster.Train.Membership;
using Xunit.Abstractions;

namespace Cluster.Train.Tests.Exchange.Tcp;

/// <summary>Strangers and broken members over real sockets, while two members go on stepping.</summary>
public sealed class HostilePeerTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    // Still long enough for the two members, on a machine that is busy with other things.
    private static readonly TensorListenerLimits Short = TensorListenerLimits.Default with { HandshakeTimeout = TimeSpan.FromSeconds(3) };

    [Fact]
    public async Task Random_bytes_are_refused()
    {
        using var pair = new SteppingPair();
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var attempt = 0; attempt < 20; attempt++)
        {
            var bytes = new byte[random.Next(Hello.Size, 20_000)];
            random.NextBytes(bytes);
            using var stranger = Connect(pair.Listeners[0]);
            stranger.Send(bytes);
            await AssertClosedAsync(stranger);
        }

        pair.AwaitRefused(0, 20);
        await pair.CheckAsync();
    }

    [Fact]
    public async Task A_hello_with_the_largest_numbers_and_a_foreign_version_is_refused()
    {
        using var pair = new SteppingPair(limits: Short);
        var hello = new Hello(ConnectionPurpose.Tensors, Hello.HashOf("job"), int.MaxValue, int.MaxValue, int.MaxValue).Write();
        using var unknown = Connect(pair.Listeners[0]);
        unknown.Send(hello);
        hello[4] = 99;
        using var foreign = Connect(pair.Listeners[0]);
        foreign.Send(hello);

        await AssertClosedAsync(unknown);
        await AssertClosedAsync(foreign);

        pair.AwaitRefused(0, 2);
        await pair.CheckAsync();
        Assert.Contains(pair.Lines, line => line.EndsWith("it speaks version 99, not 1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_caller_of_a_generation_that_is_over_is_refused()
    {
        using var pair = new SteppingPair();
        var stale = new PeerCaller(pair.Roster with { Generation = 6 }, 0, security: null);

        var error = Assert.Throws<ExchangeAbortedException>(() => stale.Call(1, ConnectionPurpose.Tensors, Patience, default));

        Assert.Contains("the generation is over there", error.Message, StringComparison.Ordinal);
        await pair.CheckAsync();
        Assert.Contains(pair.Lines, line => line.Contains("generation 6, which is over; the newest is 7", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(9, "rank 9 is no other member")]
    [InlineData(-1, "rank -1 is no other member")]
    [InlineData(1, "rank 1 is no other member")]
    [InlineData(0, "rank 0 of generation 7 is connected already")]
    public async Task A_caller_that_is_no_member_or_connected_already_is_refused(int rank, string reason)
    {
        using var pair = new SteppingPair();

        Assert.Throws<ExchangeAbortedException>(
            () => new PeerCaller(pair.Roster, rank, security: null).Call(1, ConnectionPurpose.Tensors, TimeSpan.FromSeconds(1), default));

        pair.AwaitRefused(1, 1);
        await pair.CheckAsync();
        Assert.Contains(pair.Lines, line => line.Contains(reason, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_member_that_does_not_know_the_secret_is_refused()
    {
        using var pair = new SteppingPair();
        var impostor = new PeerCaller(pair.Roster with { Secret = new string('6', 64) }, 0, security: null);

        var error = Assert.Throws<ExchangeAbortedException>(
            () => impostor.CallProcess("worker-2", pair.Listeners[1].Endpoint, ConnectionPurpose.State, Patience, default));

        Assert.EndsWith("the generation's secret is not the same there", error.Message, StringComparison.Ordinal);
        await pair.CheckAsync();
    }

    [Fact]
    public async Task A_caller_of_one_byte_after_the_other_is_closed_at_the_deadline()
    {
        using var pair = new SteppingPair(limits: Short);
        using var slow = Connect(pair.Listeners[0]);
        var sending = Task.Run(async () =>
        {
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
            while (await timer.WaitForNextTickAsync())
            {
                await slow.SendAsync(new byte[] { 0x43 });
            }
        });

        await AssertClosedAsync(slow);

        pair.AwaitRefused(0, 1);
        await pair.CheckAsync();
        Assert.Contains(pair.Lines, line => line.EndsWith("no valid handshake within 3 s", StringComparison.Ordinal));
        await Assert.ThrowsAnyAsync<SocketException>(() => sending.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_thousand_silent_connections_keep_no_member_out()
    {
        const int crowd = 1000;
        using var pair = new SteppingPair(limits: TensorListenerLimits.Default with { HandshakeTimeout = TimeSpan.FromMinutes(5) });
        var silent = Enumerable.Range(0, crowd).Select(_ => Connect(pair.Listeners[1])).ToArray();
        pair.AwaitRefused(1, crowd - 256);
        Assert.Equal(256, pair.Listeners[1].Unauthenticated);

        using var client = Connect(pair.Listeners[0]);
        var newer = pair.Roster with { Generation = 8, Job = "another" };
        var meshes = TcpRosters.OnThreads(2, rank => ExchangeMesh.Connect(newer, rank, pair.Listeners[rank], Patience));

        await pair.CheckAsync();
        Assert.InRange(pair.Listeners[1].Unauthenticated, 1, 256);
        Assert.All(meshes, mesh => Assert.Null(mesh.FirstLost));
        Array.ForEach(meshes, mesh => mesh.Dispose());
        Array.ForEach(silent, socket => socket.Dispose());
    }

    [Fact]
    public async Task Under_tls_nobody_speaks_without_a_certificate_of_the_clusters_authority()
    {
        using var authority = Certificates.Authority("cluster");
        using var other = Certificates.Authority("other");
        using var pair = new SteppingPair(Certificates.Node(authority));

        using var plain = Connect(pair.Listeners[1]);
        plain.Send(new byte[Hello.Size]);
        await AssertClosedAsync(plain);
        Assert.True(await IsRefusedAsync(pair.Listeners[1], new SslClientAuthenticationOptions
        {
            TargetHost = "cluster-train",
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
        }));
        Assert.True(await IsRefusedAsync(pair.Listeners[1], Certificates.Node(other, trusted: authority).ClientOptions()));
        // The caller refuses a listener of another authority just so.
        await Assert.ThrowsAnyAsync<AuthenticationException>(() => IsRefusedAsync(pair.Listeners[1], Certificates.Node(authority, trusted: other).ClientOptions()));

        pair.AwaitRefused(1, 4);
        await pair.CheckAsync();
        Assert.Equal(4, pair.Lines.Count);
    }

    [Fact]
    public void A_note_of_two_gigabytes_ends_the_connection_and_takes_no_memory()
    {
        var listeners = TcpRosters.Listeners(2);
        var roster = TcpRosters.Create(2, 100, Topology.Sharded, clip: null, rank => rank < 2 ? listeners[rank].Endpoint : null);
        using var lost = new ManualResetEventSlim();
        ExchangeMesh? mesh = null;
        var connected = TcpRosters.OnThreads(2, rank =>
        {
            if (rank == 0)
            {
                return new PeerCaller(roster, 0, security: null).Call(1, ConnectionPurpose.Control, Patience, default);
            }

            mesh = ExchangeMesh.Connect(roster, 1, listeners[1], Patience, _ => lost.Set());
            return null;
        })[0]!;

        connected.Socket.Send([0xff, 0xff, 0xff, 0x7f]);

        Assert.True(lost.Wait(Patience));
        Assert.Equal("worker-1 (host-0)", mesh!.FirstLost?.Name);
        mesh.Dispose();
        connected.Dispose();
        Array.ForEach(listeners, listener => listener.Dispose());
    }

    private static Socket Connect(TensorListener listener)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect("127.0.0.1", listener.Port);
        return socket;
    }

    /// <summary>Reads until the other side has closed the connection.</summary>
    private static async Task AssertClosedAsync(Socket socket)
    {
        using var deadline = new CancellationTokenSource(Patience);
        var buffer = new byte[1024];
        try
        {
            while (await socket.ReceiveAsync(buffer, deadline.Token) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // Closed with bytes of ours unread.
        }
    }

    /// <summary>Whether the listener closes the connection before it answers a hello. With TLS 1.3 a client's own handshake ends earlier.</summary>
    private static async Task<bool> IsRefusedAsync(TensorListener listener, SslClientAuthenticationOptions options)
    {
        using var socket = Connect(listener);
        await using var tls = new SslStream(new NetworkStream(socket));
        using var deadline = new CancellationTokenSource(Patience);
        await tls.AuthenticateAsClientAsync(options, deadline.Token);
        try
        {
            await tls.WriteAsync(new byte[Hello.Size], deadline.Token);
            return await tls.ReadAsync(new byte[1], deadline.Token) == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }
}
