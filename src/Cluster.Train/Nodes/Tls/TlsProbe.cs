using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Cluster.Train.Nodes;

/// <summary>Finds out whether a node speaks TLS, by greeting it as TLS does.</summary>
internal static class TlsProbe
{
    /// <summary>How long a connection is kept after its greeting: a node warns of one that is closed before it has seen the end of that.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(1);

    /// <summary>How long an answer to a greeting may take: a node on a busy machine, just started, needs seconds, and warns of whoever hangs up.</summary>
    private static readonly TimeSpan HandshakePatience = TimeSpan.FromSeconds(15);

    /// <summary>What came back.</summary>
    internal enum Answer
    {
        /// <summary>Nothing that tells.</summary>
        Unknown,

        /// <summary>A certificate.</summary>
        Tls,

        /// <summary>The greeting was not understood.</summary>
        Plain,
    }

    /// <summary>Asks.</summary>
    /// <param name="node">The node.</param>
    /// <param name="tls">
    /// Shown to the node if it asks, so that it need not warn of a stranger. Null where this side speaks no TLS: a node that
    /// speaks none either hears nothing then that it would warn of, and the answer is never <see cref="Answer.Plain"/>.
    /// </param>
    /// <param name="patience">How long to wait for a connection, and without TLS for an answer.</param>
    /// <param name="stop">Ends the wait.</param>
    public static async Task<Answer> AskAsync(HostPort node, TlsIdentity? tls, TimeSpan patience, CancellationToken stop)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stop);
        timeout.CancelAfter(patience);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(node.Host, node.Port, timeout.Token);
            if (tls is not null) timeout.CancelAfter(HandshakePatience);
            return tls is null
                ? await GreetAsync(client.GetStream(), timeout.Token)
                : await ShakeHandsAsync(client.GetStream(), tls, timeout.Token);
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException && !stop.IsCancellationRequested)
        {
            return Answer.Unknown;
        }
    }

    private static async Task<Answer> GreetAsync(NetworkStream stream, CancellationToken stop)
    {
        var answer = new byte[2];
        try
        {
            await stream.WriteAsync(TlsGreeting.Bytes(), stop);
            await stream.ReadExactlyAsync(answer, stop);
        }
        catch (IOException)
        {
            return Answer.Unknown;
        }

        return TlsGreeting.IsAnswer(answer) ? Answer.Tls : Answer.Unknown;
    }

    private static async Task<Answer> ShakeHandsAsync(NetworkStream inner, TlsIdentity tls, CancellationToken stop)
    {
        var certificateSeen = false;
        await using var stream = new SslStream(inner);
        try
        {
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = "cluster-train",
                    ClientCertificates = [tls.Certificate],
                    // Nothing is sent through this connection: whose certificate it is does not matter.
                    RemoteCertificateValidationCallback = (_, _, _, _) => certificateSeen = true,
                },
                stop);
            await Task.Delay(Linger, stop);
            return Answer.Tls;
        }
        catch (Exception exception) when (exception is AuthenticationException or IOException)
        {
            return certificateSeen ? Answer.Tls : Answer.Plain;
        }
    }
}
