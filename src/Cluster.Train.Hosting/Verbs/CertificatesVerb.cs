using Cluster.Train.Hosting.CommandLine;
using Cluster.Train.Hosting.Nodes;

namespace Cluster.Train.Hosting.Verbs;

/// <summary><c>certificates</c>: what TLS between nodes needs, for development and closed networks.</summary>
internal static class CertificatesVerb
{
    public static Verb Verb { get; } = new(
        "certificates", "Makes an authority of your own and a certificate that all nodes share.", [ClusterOptions.Directory, ClusterOptions.Names], Run);

    private static Task<int> Run(Invocation invocation)
    {
        var further = invocation.Values.GetIfGiven(ClusterOptions.Names)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
        string[] names = ["localhost", "127.0.0.1", "::1", Environment.MachineName.ToLowerInvariant(), .. further];
        if (names.FirstOrDefault(name => Uri.CheckHostName(name) == UriHostNameType.Unknown) is { } bad)
        {
            throw new BadInputException($"--names has '{bad}': give {ClusterOptions.Names.Needs}");
        }

        foreach (var line in CertificateMaker.Make(invocation.Values.Get(ClusterOptions.Directory), [.. names.Distinct(StringComparer.Ordinal)], DateTimeOffset.UtcNow))
        {
            invocation.Host.Out.WriteLine(line);
        }

        return Task.FromResult(0);
    }
}
