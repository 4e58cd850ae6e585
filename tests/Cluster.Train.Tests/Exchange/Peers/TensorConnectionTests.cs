using System.Net;
using System.Net.Sockets;
using System.Text;
using Cluster.Train.Exchange.Peers;

namespace Cluster.Train.Tests.Exchange.Peers;

public sealed class TensorConnectionTests
{
    [SkippableFact]
    public async Task Within_a_host_nothing_paces_what_is_sent()
    {
        SkipUnlessLinux();

        Assert.Equal(["reno", "reno"], await AlgorithmsAsync(IPAddress.Loopback));
    }

    [SkippableFact]
    public async Task Between_two_addresses_the_systems_congestion_control_stands()
    {
        SkipUnlessLinux();
        using var untouched = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var systems = Algorithm(untouched);

        // All of 127.0.0.0/8 is this host; who calls an address of it does so from 127.0.0.1.
        Assert.Equal([systems, systems], await AlgorithmsAsync(IPAddress.Parse("127.0.0.2")));
    }

    private static void SkipUnlessLinux() => Skip.IfNot(OperatingSystem.IsLinux(), "only Linux lets a connection choose its congestion control");

    /// <summary>Those of the caller's and of the called's side.</summary>
    private static async Task<string[]> AlgorithmsAsync(IPAddress address)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(address, 0));
        listening.Listen();

        using var calling = await TensorConnection.ConnectAsync((IPEndPoint)listening.LocalEndPoint!, security: null, patience.Token);
        using var called = await TensorConnection.AcceptAsync(await listening.AcceptAsync(patience.Token), security: null, patience.Token);

        return [Algorithm(calling.Socket), Algorithm(called.Socket)];
    }

    private static string Algorithm(Socket socket)
    {
        var name = new byte[16];
        var length = socket.GetRawSocketOption((int)SocketOptionLevel.Tcp, 13, name);
        return Encoding.ASCII.GetString(name, 0, length).TrimEnd('\0');
    }
}
