using Akka.Actor;
using Cluster.Train.Protocol;

namespace Cluster.Train.Hosting.Nodes;

/// <summary>Asks nodes for the job's status without becoming a member of its cluster.</summary>
internal static class StatusClient
{
    private const string Source = "--seed-node";

    private static readonly TimeSpan OneAttempt = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(200);

    /// <summary>Asks one node after the other, again and again while there is time.</summary>
    /// <param name="nodes">Nodes of the cluster, as they are advertised; one is enough.</param>
    /// <param name="tls">Certificates; null where the cluster has none.</param>
    /// <param name="patience">How long.</param>
    /// <exception cref="BadInputException">None of the names resolves, or only one side speaks TLS.</exception>
    /// <exception cref="TrainingFaultException">Nobody answered.</exception>
    public static async Task<StatusReport> AskAsync(IReadOnlyList<HostPort> nodes, TlsIdentity? tls, TimeSpan patience)
    {
        var until = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        var first = await Seeds.ResolveAnyAsync(nodes, patience / 4, Source, CancellationToken.None);
        using var system = ActorSystem.Create(
            NodeConfig.SystemName, NodeConfig.Setup(NodeConfig.OfVisitor(Seeds.LocalAddressTowards(first), tls is not null), tls));
        try
        {
            HostPort? present = null;
            for (var attempt = 0; attempt == 0 || Environment.TickCount64 < until; attempt++)
            {
                var node = nodes[attempt % nodes.Count];
                var receptionist = system.ActorSelection(new RootActorPath(NodeConfig.AddressOf(node, tls is not null)) / "user" / NodeActor.Name);
                try
                {
                    await receptionist.ResolveOne(OneAttempt);
                    present = node;
                    return await receptionist.Ask<StatusReport>(StatusRequest.Instance, OneAttempt);
                }
                catch (Exception exception) when (exception is ActorNotFoundException or AskTimeoutException)
                {
                    // Not yet: the connection is being made, or the cluster is between two coordinators. Where nobody listens,
                    // an attempt fails at once, and one after another would take a whole core.
                    await Task.Delay(BetweenAttempts);
                }

                if (present is null && attempt < nodes.Count) await Seeds.EnsureSameTlsAsync([node], tls, Source, CancellationToken.None);
            }

            throw new TrainingFaultException(present is { } there
                ? Invariant($"{there} is there, but its cluster had no coordinator that answered within {patience.TotalSeconds:0} s: try again, or look at the coordinators' output")
                : Invariant($"nobody answered within {patience.TotalSeconds:0} s: {await Seeds.DescribeAsync(nodes)}"));
        }
        finally
        {
            await system.Terminate();
        }
    }
}
