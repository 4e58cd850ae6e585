using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Cluster.Train.Exchange.Tcp;

/// <summary>Connects one member of a generation to another, trying again until the other is there.</summary>
/// <param name="roster">The generation.</param>
/// <param name="rank">The caller's rank.</param>
/// <param name="security">TLS; null for plain connections.</param>
internal sealed class PeerCaller(ExchangeRoster roster, int rank, TensorSecurity? security)
{
    private static readonly TimeSpan PauseBetweenAttempts = TimeSpan.FromMilliseconds(50);

    private readonly string _jobHash = Hello.HashOf(roster.Job);
    private readonly byte[] _secret = GenerationSeat.SecretOf(roster);

    /// <summary>Calls a member.</summary>
    /// <param name="peer">Its rank.</param>
    /// <param name="purpose">What the connection is for.</param>
    /// <param name="timeout">How long it is tried.</param>
    /// <param name="abort">Ends trying.</param>
    /// <exception cref="ExchangeAbortedException">The peer refused, did not answer in time, or trying was ended; says which peer and why.</exception>
    internal TensorConnection Call(int peer, ConnectionPurpose purpose, TimeSpan timeout, CancellationToken abort)
    {
        var member = roster.Members[peer];
        var endpoint = TensorEndpoint.Parse(
            member.Endpoint ?? throw new ArgumentException($"{member.Name} has no endpoint for tensor connections", nameof(peer)));
        var hello = new Hello(purpose, _jobHash, roster.Generation, rank, peer);
        var started = Stopwatch.GetTimestamp();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(abort);
        deadline.CancelAfter(timeout);
        var why = "it does not answer";
        while (!deadline.IsCancellationRequested)
        {
            try
            {
                return ConnectAsync(endpoint, hello, deadline.Token).GetAwaiter().GetResult();
            }
            catch (RefusedException refused) when (refused.Refusal is Refusal.Stale or Refusal.Version)
            {
                throw new ExchangeAbortedException($"{member.Name} at {endpoint} refused to join generation {roster.Generation}: {refused.Message}");
            }
            catch (Exception error) when (error is RefusedException or SocketException or IOException or AuthenticationException)
            {
                why = error.Message;
            }
            catch (OperationCanceledException)
            {
                break;
            }

            deadline.Token.WaitHandle.WaitOne(PauseBetweenAttempts);
        }

        throw new ExchangeAbortedException(abort.IsCancellationRequested
            ? $"generation {roster.Generation} was ended while {member.Name} was waited for"
            : $"waited {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s for {member.Name} at {endpoint} to join generation {roster.Generation}: {why}");
    }

    private async Task<TensorConnection> ConnectAsync(TensorEndpoint endpoint, Hello hello, CancellationToken cancellation)
    {
        SocketException? failure = null;
        foreach (var address in endpoint.Resolve())
        {
            TensorConnection connection;
            try
            {
                connection = await TensorConnection.ConnectAsync(address, security, cancellation).ConfigureAwait(false);
            }
            catch (SocketException error)
            {
                failure = error;
                continue;
            }

            try
            {
                await Handshake.CallAsync(connection.Handshaking, hello, _secret, cancellation).ConfigureAwait(false);
                return connection;
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        }

        throw failure ?? new SocketException((int)SocketError.HostNotFound);
    }
}
