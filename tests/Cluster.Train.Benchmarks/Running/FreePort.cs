using System.Net;
using System.Net.Sockets;

namespace Cluster.Train.Benchmarks.Running;

/// <summary>Ports for nodes whose address others must know before they run.</summary>
internal static class FreePort
{
    /// <summary>127.0.0.1 with a port that was free a moment ago.</summary>
    internal static string OnLoopback()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
    }
}
