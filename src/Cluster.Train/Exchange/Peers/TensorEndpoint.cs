using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Cluster.Train.Exchange.Peers;

/// <summary>HOST:PORT of a tensor listener; an IPv6 address stands in brackets.</summary>
/// <param name="Host">Name or address, without brackets.</param>
/// <param name="Port">The port; 0 lets the system choose one to listen on.</param>
internal readonly record struct TensorEndpoint(string Host, int Port)
{
    /// <summary>Reads HOST:PORT.</summary>
    /// <exception cref="BadInputException">It is not of that form.</exception>
    internal static TensorEndpoint Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon > 0
            && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port <= IPEndPoint.MaxPort)
        {
            var host = text[..colon];
            if (host.StartsWith('[') && host.EndsWith(']'))
            {
                return new TensorEndpoint(host[1..^1], port);
            }

            if (!host.Contains(':'))
            {
                return new TensorEndpoint(host, port);
            }
        }

        throw new BadInputException($"'{text}' is not HOST:PORT: write for example node-1:9100, 127.0.0.1:9100 or [::1]:9100");
    }

    /// <summary>The addresses of the host.</summary>
    /// <exception cref="SocketException">The name is not known.</exception>
    internal IPEndPoint[] Resolve()
    {
        var port = Port;
        return IPAddress.TryParse(Host, out var address)
            ? [new IPEndPoint(address, port)]
            : [.. Dns.GetHostAddresses(Host).Select(found => new IPEndPoint(found, port))];
    }

    public override string ToString() => Host.Contains(':') ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
