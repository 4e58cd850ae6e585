using System.Net;
using System.Net.Sockets;

namespace Cluster.Train.Nodes;

/// <summary>What can be found out about the seeds from outside, for messages that say what to do.</summary>
internal static class Seeds
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Waits until one of the names can be resolved: containers get theirs when they start.</summary>
    /// <param name="seeds">The seeds.</param>
    /// <param name="patience">How long.</param>
    /// <param name="source">The option that names them.</param>
    /// <param name="stop">Ends the wait.</param>
    /// <returns>The first that could be.</returns>
    /// <exception cref="BadInputException">None could.</exception>
    public static async Task<HostPort> ResolveAnyAsync(IReadOnlyList<HostPort> seeds, TimeSpan patience, string source, CancellationToken stop)
    {
        var until = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        while (true)
        {
            foreach (var seed in seeds)
            {
                if (await ResolvesAsync(seed.Host, stop)) return seed;
            }

            if (Environment.TickCount64 > until)
            {
                throw new BadInputException($"{source} is {string.Join(',', seeds)}, but {(seeds.Count == 1 ? "this name does" : "these names do")} not resolve: correct the name, or give an address");
            }

            await Task.Delay(Pause, stop);
        }
    }

    /// <summary>Each seed with what was found there.</summary>
    public static Task<string> DescribeAsync(IReadOnlyList<HostPort> seeds) => DescribeAsync(
        seeds, "somebody listens, but did not let this node in: the address must be written as that node advertises it, and TLS files must be of one authority", ProbeTimeout);

    /// <summary>Each seed with what was found there.</summary>
    /// <param name="seeds">The seeds.</param>
    /// <param name="listens">What is said of one where somebody listens.</param>
    /// <param name="patience">How long to wait for a connection.</param>
    public static async Task<string> DescribeAsync(IReadOnlyList<HostPort> seeds, string listens, TimeSpan patience) =>
        string.Join(", ", await Task.WhenAll(seeds.Select(async seed => $"{seed} ({await FindingAsync(seed, listens, patience)})")));

    /// <summary>The address of this machine that a node sees.</summary>
    public static string LocalAddressTowards(HostPort node)
    {
        // Connecting a datagram socket sends nothing: it only chooses the way.
        var remote = Dns.GetHostAddresses(node.Host)[0];
        using var socket = new Socket(remote.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(remote, node.Port);
        return ((IPEndPoint)socket.LocalEndPoint!).Address.ToString();
    }

    /// <summary>Makes sure that those who answer speak TLS exactly where this side does: the one never understands the other.</summary>
    /// <param name="seeds">The seeds.</param>
    /// <param name="tls">What this side proves its identity with; null for no TLS.</param>
    /// <param name="source">The option that names them.</param>
    /// <param name="stop">Ends the wait.</param>
    /// <exception cref="BadInputException">One does not, and what to do.</exception>
    public static async Task EnsureSameTlsAsync(IReadOnlyList<HostPort> seeds, TlsIdentity? tls, string source, CancellationToken stop)
    {
        foreach (var seed in seeds)
        {
            var answer = await TlsProbe.AskAsync(seed, tls, ProbeTimeout, stop);
            // A node that ends hangs up as well, but only once.
            if (answer == TlsProbe.Answer.Plain)
            {
                await Task.Delay(Pause, stop);
                answer = await TlsProbe.AskAsync(seed, tls, ProbeTimeout, stop);
            }

            switch (answer)
            {
                case TlsProbe.Answer.Tls when tls is null:
                    throw new BadInputException($"{source} is {seed}, and this node speaks TLS: give --tls-cert, --tls-key and --tls-ca");
                case TlsProbe.Answer.Plain when tls is not null:
                    throw new BadInputException($"{source} is {seed}, and this node speaks no TLS: leave out --tls-cert, --tls-key and --tls-ca, or give them to that node as well");
            }
        }
    }

    /// <summary>Whether somebody listens at one of the seeds.</summary>
    /// <param name="seeds">The seeds.</param>
    /// <param name="pause">How long to wait before saying so.</param>
    /// <param name="stop">Ends the wait.</param>
    public static async Task<bool> AnyListensAsync(IReadOnlyList<HostPort> seeds, TimeSpan pause, CancellationToken stop) =>
        (await Task.WhenAll(seeds.Select(seed => ListensAsync(seed, pause, stop)))).Contains(true);

    private static async Task<bool> ListensAsync(HostPort seed, TimeSpan pause, CancellationToken stop)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stop);
        timeout.CancelAfter(ProbeTimeout);
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(seed.Host, seed.Port, timeout.Token);
            await Task.Delay(pause, stop);
            return true;
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException && !stop.IsCancellationRequested)
        {
            return false;
        }
    }

    private static async Task<string> FindingAsync(HostPort seed, string listens, TimeSpan patience)
    {
        using var timeout = new CancellationTokenSource(patience);
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(seed.Host, seed.Port, timeout.Token);
            return listens;
        }
        catch (OperationCanceledException)
        {
            return "no answer";
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => "nobody listens there",
                SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData => "the name does not resolve",
                _ => exception.Message,
            };
        }
    }

    private static async Task<bool> ResolvesAsync(string host, CancellationToken stop)
    {
        try
        {
            return (await Dns.GetHostAddressesAsync(host, stop)).Length > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
