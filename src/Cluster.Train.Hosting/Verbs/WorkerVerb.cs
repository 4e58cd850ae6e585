using Cluster.Train.Hosting.CommandLine;
using Cluster.Train.Nodes;

namespace Cluster.Train.Hosting.Verbs;

/// <summary><c>worker</c>: a node that computes for whatever job its cluster has.</summary>
internal static class WorkerVerb
{
    public static Verb Verb { get; } = new(
        "worker", "Computes for the job of a coordinator on another node.",
        [
            RunOptions.Data, RunOptions.OwnInit, RunOptions.Device, RunOptions.StepTimeout,
            ClusterOptions.Name, ClusterOptions.WorkerListen, ClusterOptions.Advertise, ClusterOptions.TensorPort, ClusterOptions.Seeds, ClusterOptions.JoinTimeout, ClusterOptions.HealthFile, ClusterOptions.Stay,
            .. ClusterOptions.Tls, .. MonitoringOptions.All,
            RunOptions.Log,
        ],
        RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var values = invocation.Values;
        var run = new WorkerOptions(NodeBuilder.Build(invocation, ClusterOptions.WorkerListen), invocation.Host.Tasks)
        {
            Name = values.GetIfGiven(ClusterOptions.Name) ?? DefaultName(),
            DataDirectory = DataPath.Of(values),
            Device = values.Get(RunOptions.Device),
            StepTimeout = values.Get(RunOptions.StepTimeout),
            InitPath = values.GetIfGiven(RunOptions.OwnInit),
        };
        using var tls = run.Node.Tls;
        await using var monitoring = await Monitoring.StartAsync(
            invocation, tls, "a cluster to join", job: null, NodeBuilder.Ports(values, ClusterOptions.WorkerListen, run.Node));
        monitoring.TellThrough(Say);
        run = run with { Node = run.Node with { Health = monitoring.Health }, Spans = monitoring.Trace };
        using var signals = invocation.Host.ListenForSignals();
        NodeEnd end;
        try
        {
            end = await invocation.Host.Cluster.WorkAsync(run, Say, signals.Token);
        }
        catch (OperationCanceledException) when (signals.ExitCode is not null)
        {
            Say("stopped before it was a member");
            return signals.ExitCode.Value;
        }

        if (end.Kind == NodeEndKind.Failed) throw new TrainingFaultException(end.Reason);
        Say(end.Reason);
        if (end.Kind == NodeEndKind.Done) await Stay.UntilStoppedAsync(invocation, monitoring, signals, Say);
        return end.Kind == NodeEndKind.Left ? signals.ExitCode ?? 0 : 0;

        void Say(string line)
        {
            invocation.Host.Out.WriteLine($"{run.Name}: {line}");
            invocation.Host.Out.Flush();
        }
    }

    // In a container every process has number 1, and the machine's name tells it apart.
    private static string DefaultName() =>
        $"worker-{Environment.MachineName.ToLowerInvariant()}{(Environment.ProcessId == 1 ? "" : Invariant($"-{Environment.ProcessId}"))}";
}
