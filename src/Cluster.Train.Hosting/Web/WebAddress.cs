using Cluster.Train.Nodes;

namespace Cluster.Train.Hosting.Web;

/// <summary>Where a node serves, and to whom.</summary>
/// <param name="Listen">Where it listens; port 0 for any free one.</param>
/// <param name="Source">The option that says so, for messages.</param>
internal sealed record WebAddress(HostPort Listen, string Source)
{
    /// <summary>The node's certificate, and whose certificates it accepts; null for no TLS.</summary>
    public TlsIdentity? Tls { get; init; }

    /// <summary>What a client says instead of showing a certificate; null for none.</summary>
    public string? Token { get; init; }

    /// <summary>Whether the user has said that the network is closed.</summary>
    public bool Insecure { get; init; }

    /// <summary>Checks that nobody from outside reads without proving who it is, as for every other port.</summary>
    /// <returns>A warning for the user; null for none.</returns>
    /// <exception cref="BadInputException">It would be open to everybody, or the token is none.</exception>
    public string? Check()
    {
        if (Token is { Length: < 16 }) throw new BadInputException("--http-token has fewer than 16 characters: give a longer one, for example of 'openssl rand -hex 32'");
        if (Tls is not null || Listen.IsLoopback) return null;
        return Insecure
            ? $"warning: {Listen} ({Source}) is open without encryption{(Token is null ? " or authentication" : "")} (--insecure): whoever reaches it can read how the job goes"
            : throw new BadInputException(
                $"{Source} is {Listen}, which other machines can reach: give --tls-cert, --tls-key and --tls-ca, and clients a certificate of the same authority or --http-token, or --insecure in a closed network");
    }
}
