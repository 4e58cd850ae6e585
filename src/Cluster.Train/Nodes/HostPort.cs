using System.Globalization;
using System.Net;

namespace Cluster.Train.Nodes;

/// <summary>A host name or IP address with a port. "localhost" is read as 127.0.0.1: nodes compare addresses letter by letter; for the same reason an IPv6 address gets its shortest form.</summary>
/// <param name="Host">A name, an IPv4 address, or an IPv6 address without brackets.</param>
/// <param name="Port">0 to 65535; 0 means any free one, where that is allowed.</param>
public readonly record struct HostPort(string Host, int Port)
{
    /// <summary>Reads "host:port", with an IPv6 address in brackets.</summary>
    /// <param name="text">The text.</param>
    /// <param name="lowestPort">0 where any free port may be meant, otherwise 1.</param>
    /// <exception cref="FormatException">The text is something else.</exception>
    public static HostPort Parse(string text, int lowestPort = 0)
    {
        var colon = text.LastIndexOf(':');
        if (colon < 1
            || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || port < lowestPort || port > 65_535)
        {
            throw new FormatException();
        }

        var host = text[..colon];
        if (host is ['[', .., ']'])
        {
            host = host[1..^1];
            return Uri.CheckHostName(host) == UriHostNameType.IPv6 && IPAddress.TryParse(host, out var address)
                ? new HostPort(address.ToString(), port)
                : throw new FormatException();
        }

        return Uri.CheckHostName(host) is UriHostNameType.Dns or UriHostNameType.IPv4
            ? new HostPort(host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? "127.0.0.1" : host, port)
            : throw new FormatException();
    }

    /// <summary>Where an actor system is; its host has an IPv6 address in brackets.</summary>
    internal static HostPort Of(Akka.Actor.Address address) => new((address.Host ?? "").Trim('[', ']'), address.Port ?? 0);

    /// <summary>The host as an actor system's address has it.</summary>
    internal string AkkaHost => Host.Contains(':') ? $"[{Host}]" : Host;

    /// <summary>Whether it can only be reached from this machine.</summary>
    public bool IsLoopback => IPAddress.TryParse(Host, out var address) && IPAddress.IsLoopback(address);

    /// <summary>Whether it stands for all addresses of this machine.</summary>
    public bool IsWildcard => Host is "0.0.0.0" or "::";

    /// <summary>As it is typed.</summary>
    public override string ToString() => Host.Contains(':') ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
