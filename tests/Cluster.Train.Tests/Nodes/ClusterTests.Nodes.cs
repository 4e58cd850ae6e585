using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Cluster.Train.Nodes;

namespace Cluster.Train.Tests.Nodes;

public sealed partial class ClusterTests
{
    private async Task<(NodeSystem Node, Task<NodeEnd> End)> CoordinatorAsync(
        string name, NodeOptions? options = null, CancellationToken? stop = null, Action<NodeSystem>? onStart = null)
    {
        var started = new TaskCompletionSource<NodeSystem>(TaskCreationOptions.RunContinuationsAsynchronously);
        var end = TestCluster.Coordinator(options ?? TestCluster.Options(NodeRole.Coordinator), name, new TestCluster.Said(), node =>
        {
            onStart?.Invoke(node);
            started.TrySetResult(node);
        }).RunAsync(stop ?? _stop.Token);
        return (await started.Task.WaitAsync(TestCluster.Patience), end);
    }

    private async Task<(NodeSystem Node, Task<NodeEnd> End)> WorkerAsync(HostPort seed, CancellationToken? stop = null, NodeOptions? options = null)
    {
        var started = new TaskCompletionSource<NodeSystem>(TaskCreationOptions.RunContinuationsAsynchronously);
        var end = TestCluster.Worker(options ?? TestCluster.Options(NodeRole.Worker, seed), new TestCluster.Said(), node => started.TrySetResult(node)).RunAsync(stop ?? _stop.Token);
        return (await started.Task.WaitAsync(TestCluster.Patience), end);
    }

    private async Task<string> AskUntilAnsweredAsync(IActorRef actor, string text)
    {
        while (true)
        {
            try
            {
                return await actor.Ask<string>(text, TimeSpan.FromSeconds(1), _stop.Token);
            }
            catch (AskTimeoutException)
            {
                // Between two coordinators nobody answers.
            }
        }
    }

    private static HostPort FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return new HostPort("127.0.0.1", ((IPEndPoint)probe.LocalEndpoint).Port);
    }

    private static TlsIdentity Tls(string folder)
    {
        CertificateMaker.Make(folder, DateTimeOffset.UtcNow);
        return TlsIdentity.Load(Path.Combine(folder, "node.pem"), Path.Combine(folder, "node.key"), Path.Combine(folder, "ca.pem"), DateTimeOffset.UtcNow);
    }
}
