using Cluster.Train.Hosting.CommandLine;
using Cluster.Train.Nodes;

namespace Cluster.Train.Hosting.Verbs;

/// <summary><c>certificates</c>: what TLS between nodes needs, for development and closed networks.</summary>
internal static class CertificatesVerb
{
    public static Verb Verb { get; } = new(
        "certificates", "Makes an authority of your own and a certificate that all nodes share.", [ClusterOptions.Directory], Run)
    {
        Explanation = "A node accepts whoever shows a certificate of this authority and has its key: so it is proved that a node belongs to the cluster. "
            + "Neither which node or machine it is, nor its address, is proved: names are not compared, and no single node can be shut out but by making all certificates anew.",
    };

    private static Task<int> Run(Invocation invocation)
    {
        foreach (var line in TlsIdentity.MakeFiles(invocation.Values.Get(ClusterOptions.Directory)))
        {
            invocation.Host.Out.WriteLine(line);
        }

        return Task.FromResult(0);
    }
}
