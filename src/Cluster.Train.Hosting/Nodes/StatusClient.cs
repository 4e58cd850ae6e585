using Akka.Actor;
using Cluster.Train.Protocol;

namespace Cluster.Train.Hosting.Nodes;

/// <summary>Asks a node for the job's status without becoming a member of its cluster.</summary>
internal static class StatusClient
{
    private static readonly TimeSpan OneAttempt = TimeSpan.FromSeconds(2);

    /// <summary>Asks, again and again while there is time.</summary>
    /// <param name="node">Any node of the cluster, as it is advertised.</param>
    /// <param name="tls">Certificates; null where the cluster has none.</param>
    /// <param name="patience">How long.</param>
    /// <exception cref="BadInputException">The node's name does not resolve.</exception>
    /// <exception cref="TrainingFaultException">Nobody answered.</exception>
    public static async Task<StatusReport> AskAsync(HostPort node, TlsIdentity? tls, TimeSpan patience)
    {
        var until = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        await Seeds.ResolveAnyAsync([node], patience / 4, "--seed", CancellationToken.None);
        using var system = ActorSystem.Create(
            NodeConfig.SystemName, NodeConfig.Setup(NodeConfig.OfVisitor(Seeds.LocalAddressTowards(node), tls is not null), tls));
        try
        {
            var path = new RootActorPath(NodeConfig.AddressOf(node, tls is not null)) / "user" / NodeActor.Name;
            var receptionist = system.ActorSelection(path);
            var present = false;
            while (Environment.TickCount64 < until)
            {
                try
                {
                    await receptionist.ResolveOne(OneAttempt);
                    present = true;
                    return await receptionist.Ask<StatusReport>(StatusRequest.Instance, OneAttempt);
                }
                catch (Exception exception) when (exception is ActorNotFoundException or AskTimeoutException)
                {
                    // Not yet: the connection is being made, or the cluster is between two coordinators.
                }
            }

            throw new TrainingFaultException(present
                ? Invariant($"{node} is there, but its cluster had no coordinator that answered within {patience.TotalSeconds:0} s: try again, or look at the coordinators' output")
                : Invariant($"nobody answered within {patience.TotalSeconds:0} s: {await Seeds.DescribeAsync([node])}"));
        }
        finally
        {
            await system.Terminate();
        }
    }
}
