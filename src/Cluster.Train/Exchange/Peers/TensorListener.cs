using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Cluster.Train.Exchange.Peers;

/// <summary>How much a listener bears from strangers.</summary>
/// <param name="HandshakeTimeout">How long a connection may take to prove who it is.</param>
/// <param name="Unauthenticated">How many connections may be unauthenticated at once.</param>
internal sealed record TensorListenerLimits(TimeSpan HandshakeTimeout, int Unauthenticated)
{
    /// <summary>10 s, 256 connections.</summary>
    public static TensorListenerLimits Default { get; } = new(TimeSpan.FromSeconds(10), 256);
}

/// <summary>
/// Where a process takes tensor and state connections, for all members and generations: it makes sure who calls,
/// and hands the connection to the member that is called. What cannot prove its membership is closed, counted and
/// logged in one line; no thread is spent on it.
/// </summary>
internal sealed class TensorListener : IDisposable
{
    private const int Backlog = 512;
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(50);

    private readonly Socket _socket;
    private readonly TensorListenerLimits _limits;
    private readonly HandshakeSlots _slots;
    private readonly RefusalLog _refusals;
    private readonly GenerationTable _generations = new();
    private readonly GenerationAdmissions _admissions = new();
    private readonly CancellationTokenSource _disposed = new();

    /// <summary>Binds the endpoint and begins to accept.</summary>
    /// <param name="endpoint">HOST:PORT; port 0 lets the system choose.</param>
    /// <param name="security">TLS, in both directions; null for plain connections.</param>
    /// <param name="log">Gets a line for each refused connection, from any thread.</param>
    /// <param name="limits">Default: <see cref="TensorListenerLimits.Default"/>.</param>
    /// <exception cref="BadInputException">The endpoint cannot be bound.</exception>
    public TensorListener(string endpoint, TensorSecurity? security = null, Action<string>? log = null, TensorListenerLimits? limits = null)
    {
        var asked = TensorEndpoint.Parse(endpoint);
        _limits = limits ?? TensorListenerLimits.Default;
        _slots = new HandshakeSlots(_limits.Unauthenticated);
        _refusals = new RefusalLog(log);
        Security = security;
        try
        {
            var address = asked.Resolve()[0];
            _socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            _socket.Bind(address);
            _socket.Listen(Backlog);
        }
        catch (SocketException error)
        {
            _socket?.Dispose();
            throw new BadInputException($"cannot listen for tensor connections on {asked}: {error.Message}", error);
        }

        Port = ((IPEndPoint)_socket.LocalEndPoint!).Port;
        Endpoint = (asked with { Port = Port }).ToString();
        _ = AcceptAsync();
    }

    /// <summary>The bound endpoint: the host as it was given, and the port.</summary>
    public string Endpoint { get; }

    /// <summary>The bound port.</summary>
    public int Port { get; }

    /// <summary>How many connections were refused so far.</summary>
    public long Refused => _refusals.Count;

    /// <summary>TLS; null for plain connections.</summary>
    internal TensorSecurity? Security { get; }

    /// <summary>
    /// Answers those that are admitted and call for snapshots: gets the job's hash and the connection, and ends with it. Null
    /// where this process serves none.
    /// </summary>
    internal Func<string, TensorConnection, CancellationToken, Task>? AnswerState { get; set; }

    /// <summary>Connections that have not proved who they are, now.</summary>
    internal int Unauthenticated => _slots.Count;

    /// <summary>
    /// Lets the members of a generation, and its coordinator, fetch snapshots from this process and watch it. Called by
    /// whoever learns of a generation, before a member here joins it: the others may come first and wait. The generation
    /// before stays admitted, those before that are over.
    /// </summary>
    public void Admit(ExchangeRoster roster) => _admissions.Admit(roster);

    /// <summary>Ends accepting, serving and being watched. Connections that were handed to members live on.</summary>
    public void Dispose()
    {
        _disposed.Cancel();
        _socket.Dispose();
    }

    /// <summary>Opens a member's connections in a generation, so that its peers' connections reach it.</summary>
    internal MemberConnections Register(ExchangeRoster roster, int rank)
    {
        Admit(roster);
        return _generations.Register(roster, rank);
    }

    private async Task AcceptAsync()
    {
        while (!_disposed.IsCancellationRequested)
        {
            try
            {
                var socket = await _socket.AcceptAsync(_disposed.Token).ConfigureAwait(false);
                _ = ReceiveAsync(socket);
            }
            catch (SocketException) when (!_disposed.IsCancellationRequested)
            {
                // The caller has gone again, or file descriptors are short for a moment.
                await Task.Delay(PauseAfterFailure).ConfigureAwait(false);
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }

    private async Task ReceiveAsync(Socket socket)
    {
        using var attempt = new HandshakeAttempt(_limits.HandshakeTimeout);
        TensorConnection? connection = null;
        var from = "?";
        try
        {
            from = socket.RemoteEndPoint?.ToString() ?? from;
            if (!_slots.TryEnter(attempt))
            {
                throw new RefusedException(Refusal.NotOurs, Invariant($"{_limits.Unauthenticated} others have not yet proved who they are"));
            }

            connection = await TensorConnection.AcceptAsync(socket, Security, attempt.End).ConfigureAwait(false);
            var (hello, called) = await Handshake.AcceptAsync(
                connection.Handshaking,
                async hello =>
                {
                    attempt.HasGreeted = true;
                    return hello.Purpose is ConnectionPurpose.State or ConnectionPurpose.Watch
                        ? await _admissions.FindAsync(hello, attempt.End).ConfigureAwait(false)
                        : await _generations.FindAsync(hello, attempt.End).ConfigureAwait(false);
                },
                attempt.End).ConfigureAwait(false);
            _slots.Leave(attempt);
            if (called is GenerationAdmission admission)
            {
                await AnswerAsync(hello.Purpose, connection, admission).ConfigureAwait(false);
            }
            else if (!((MemberConnections)called).Offer(hello.Purpose, hello.From, connection))
            {
                throw new RefusedException(Refusal.Member, Invariant($"rank {hello.From} is connected already, or the generation has just ended"));
            }
            else
            {
                connection = null;
                socket = null!;
            }
        }
        catch (Exception error)
        {
            _refusals.Add($"refused a tensor connection from {from}: {Reason(error, attempt)}");
        }
        finally
        {
            _slots.Leave(attempt);
            connection?.Dispose();
            socket?.Dispose();
        }
    }

    /// <summary>Answers somebody who calls this process until it closes the connection, or its generation is over.</summary>
    private async Task AnswerAsync(ConnectionPurpose purpose, TensorConnection connection, GenerationAdmission admission)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(admission.Over, _disposed.Token);
        try
        {
            if (purpose == ConnectionPurpose.State)
            {
                await (AnswerState?.Invoke(admission.JobHash, connection, end.Token) ?? Task.CompletedTask).ConfigureAwait(false);
            }
            else
            {
                // Nothing is ever sent: the read ends when the watcher goes.
                _ = await connection.AsStream().ReadAsync(new byte[1], end.Token).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // A member that went away, or a generation that is over, is no refusal.
        }
    }

    private string Reason(Exception error, HandshakeAttempt attempt) => error switch
    {
        RefusedException => error.Message,
        _ when attempt.WasEvicted => "it had said nothing when its place was needed for another",
        OperationCanceledException => Invariant($"no valid handshake within {_limits.HandshakeTimeout.TotalSeconds:0.#} s"),
        EndOfStreamException => "it was closed during the handshake",
        AuthenticationException => $"TLS: {error.Message}",
        _ => error.Message,
    };
}
