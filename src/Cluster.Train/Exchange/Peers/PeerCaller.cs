using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Cluster.Train.Exchange.Peers;

/// <summary>Connects one member of a generation to another, trying again until the other is there.</summary>
/// <param name="roster">The generation.</param>
/// <param name="rank">The caller's rank.</param>
/// <param name="security">TLS; null for plain connections.</param>
internal sealed class PeerCaller(ExchangeRoster roster, int rank, TensorSecurity? security)
{
    private static readonly TimeSpan PauseBetweenAttempts = TimeSpan.FromMilliseconds(50);

    private readonly string _jobHash = Hello.HashOf(roster.Job);
    private readonly byte[] _secret = MemberConnections.SecretOf(roster);

    /// <summary>Calls a member, and tries again for as long as it is not there.</summary>
    /// <param name="peer">Its rank.</param>
    /// <param name="purpose">What the connection is for.</param>
    /// <param name="timeout">How long it is tried.</param>
    /// <param name="abort">Ends trying.</param>
    /// <exception cref="ExchangeAbortedException">The peer refused, did not answer in time, or trying was ended; says which peer and why.</exception>
    internal TensorConnection Call(int peer, ConnectionPurpose purpose, TimeSpan timeout, CancellationToken abort)
    {
        var member = roster.Members[peer];
        return Call(
            $"{member.Name} at {member.Endpoint}",
            member.Endpoint ?? throw new ArgumentException($"{member.Name} has no endpoint for tensor connections", nameof(peer)),
            new Hello(purpose, _jobHash, roster.Generation, rank, peer),
            error => error is RefusedException { Refusal: Refusal.Stale or Refusal.Version },
            timeout, abort);
    }

    /// <summary>Calls a process, whichever members it has. It listens for as long as it lives, so one that does not is gone.</summary>
    /// <param name="name">Its name in messages.</param>
    /// <param name="endpoint">host:port of its listener.</param>
    /// <param name="purpose">What the connection is for.</param>
    /// <param name="timeout">How long it may take to learn of the generation.</param>
    /// <param name="abort">Ends trying.</param>
    /// <exception cref="ExchangeAbortedException">The process is not there, refused, did not answer in time, or trying was ended.</exception>
    internal TensorConnection CallProcess(string name, string endpoint, ConnectionPurpose purpose, TimeSpan timeout, CancellationToken abort) =>
        Call(
            name, endpoint, new Hello(purpose, _jobHash, roster.Generation, rank, Hello.WholeProcess),
            error => error is SocketException { SocketErrorCode: SocketError.ConnectionRefused or SocketError.HostNotFound }
                or AuthenticationException or RefusedException { Refusal: not Refusal.NotOurs },
            timeout, abort);

    private TensorConnection Call(
        string name, string endpoint, Hello hello, Predicate<Exception> isFinal, TimeSpan timeout, CancellationToken abort)
    {
        var address = TensorEndpoint.Parse(endpoint);
        var started = Stopwatch.GetTimestamp();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(abort);
        deadline.CancelAfter(timeout);
        var why = "it does not answer";
        while (!deadline.IsCancellationRequested)
        {
            try
            {
                return ConnectAsync(address, hello, deadline.Token).GetAwaiter().GetResult();
            }
            catch (Exception error) when (isFinal(error))
            {
                throw new ExchangeAbortedException(hello.To == Hello.WholeProcess
                    ? Invariant($"{name} cannot be reached in generation {roster.Generation}: {error.Message}")
                    : Invariant($"{name} refused to join generation {roster.Generation}: {error.Message}"));
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
            ? Invariant($"generation {roster.Generation} was ended while {name} was waited for")
            : Invariant($"waited {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s for {name} to join generation {roster.Generation}: {why}"));
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
