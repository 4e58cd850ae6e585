using Akka.Actor;
using Cluster.Train.Protocol;

namespace Cluster.Train.Nodes;

/// <summary>Asks nodes for the job's status without becoming a member of its cluster.</summary>
internal static class StatusClient
{
    private const string Source = "--seed-node";

    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(200);

    /// <summary>Asks one node after the other, again and again while there is time.</summary>
    /// <param name="nodes">Nodes of the cluster, as they are advertised; one is enough.</param>
    /// <param name="tls">Certificates; null where the cluster has none.</param>
    /// <param name="patience">How long in all, with what is found out where nobody answers.</param>
    /// <param name="again">Is given each answer, and says whether to ask the same node once more; null for one answer.</param>
    /// <exception cref="BadInputException">None of the names resolves, or only one side speaks TLS.</exception>
    /// <exception cref="TrainingFaultException">Nobody answered.</exception>
    public static async Task<StatusReport> AskAsync(IReadOnlyList<HostPort> nodes, TlsIdentity? tls, TimeSpan patience, Func<StatusReport, Task<bool>>? again = null)
    {
        var time = new StatusPatience(patience);
        var began = Environment.TickCount64;
        using var late = new CancellationTokenSource(time.Asking);
        var attempts = 0;
        HostPort? present = null;
        ActorSystem? system = null;
        try
        {
            var first = await Seeds.ResolveAnyAsync(nodes, time.Resolving, Source, late.Token);
            system = ActorSystem.Create(
                NodeConfig.SystemName, NodeConfig.Setup(NodeConfig.OfVisitor(Seeds.LocalAddressTowards(first), tls is not null), tls));
            while (time.Attempt(attempts, nodes.Count, Elapsed()) is var length && length > TimeSpan.Zero)
            {
                var node = nodes[attempts++ % nodes.Count];
                var receptionist = system.ActorSelection(new RootActorPath(NodeConfig.AddressOf(node, tls is not null)) / "user" / NodeActor.Name);
                try
                {
                    await receptionist.ResolveOne(length, late.Token);
                    present = node;
                    var report = await receptionist.Ask<StatusReport>(StatusRequest.Instance, length, late.Token);
                    while (again is not null && await again(report))
                    {
                        report = await receptionist.Ask<StatusReport>(StatusRequest.Instance, patience, CancellationToken.None);
                    }

                    return report;
                }
                catch (Exception exception) when (exception is ActorNotFoundException or AskTimeoutException)
                {
                    // Not yet: the connection is being made, or the cluster is between two coordinators. Where nobody listens,
                    // an attempt fails at once, and one after another would take a whole core.
                    await Task.Delay(BetweenAttempts, late.Token);
                }

                if (present is null && attempts <= nodes.Count) await Seeds.EnsureSameTlsAsync([node], tls, Source, late.Token);
            }
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            // The time for asking is over: what was found is told below.
        }
        finally
        {
            // Its end, too, may take long on a busy machine.
            if (system is not null) await Task.WhenAny(system.Terminate(), Task.Delay(time.Ending(Elapsed())));
        }

        var finding = present is null ? await Seeds.DescribeAsync(nodes, StatusFailure.WhoListens(attempts), time.Finding) : "";
        throw new TrainingFaultException(StatusFailure.Text(present, attempts, patience, finding));

        TimeSpan Elapsed() => TimeSpan.FromMilliseconds(Environment.TickCount64 - began);
    }
}
