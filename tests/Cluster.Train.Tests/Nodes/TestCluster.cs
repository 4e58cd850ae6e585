using System.Collections.Concurrent;
using Akka.Actor;
using Cluster.Train.Coordination;
using Cluster.Train.Nodes;
using Cluster.Train.Protocol;
using Cluster.Train.Tests.Hosting;

namespace Cluster.Train.Tests.Nodes;

/// <summary>Nodes on loopback with a coordinator and workers that only talk.</summary>
internal static class TestCluster
{
    /// <summary>Longer than any wait on a busy machine should take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static NodeOptions Options(NodeRole role, params HostPort[] seeds) => new()
    {
        Role = role,
        Listen = new HostPort("127.0.0.1", 0),
        Advertise = new HostPort("127.0.0.1", 0),
        TensorPort = 0,
        Seeds = seeds,
        JoinTimeout = Patience,
    };

    /// <summary>Says what the node says, for a test to wait for.</summary>
    internal sealed class Said
    {
        private readonly BlockingCollection<string> _lines = [];

        public void Add(string line) => _lines.Add(line);

        public string Next() => _lines.TryTake(out var line, Patience) ? line : throw new TimeoutException("the node said nothing more");
    }

    /// <summary>A coordinator that echoes, reports, and ends as it is told.</summary>
    internal sealed class TalkingCoordinator : ReceiveActor
    {
        private readonly TaskCompletionSource<JobOutcome> _completion;

        public TalkingCoordinator(string name, TaskCompletionSource<JobOutcome> completion)
        {
            _completion = completion;
            Receive<StatusRequest>(_ => Sender.Tell(Report));
            Receive<string>(text =>
            {
                switch (text)
                {
                    case "finish":
                        completion.SetResult(FakeEngine.Outcome);
                        break;
                    case "stop":
                        completion.SetResult(FakeEngine.Outcome with { Completed = false });
                        break;
                    case "fail":
                        completion.SetException(new TrainingFaultException("it broke"));
                        break;
                    case "crash":
                        throw new InvalidOperationException("crashed");
                    default:
                        Sender.Tell($"{name} heard {text}");
                        break;
                }
            });
        }

        protected override void PostStop() => _completion.TrySetException(new TrainingFaultException("the coordinator ended"));

        public static StatusReport Report { get; } = new(
            "xor", "abc", "running", 2, 10, 40, 1234.5, "sharded",
            [new StatusMember("worker-a", "box", "cpu", 0, 2, "training")], new StatusWaiting("worker-b", "preparing", 3), [new StatusFigure("mae", 0.25)]);
    }

    /// <summary>A worker that only waits to be told to leave, or that the job is done.</summary>
    internal sealed class WaitingWorker : ReceiveActor
    {
        public WaitingWorker(TaskCompletionSource<WorkerOutcome> outcome) => Receive<string>(text =>
        {
            if (text == "leave") outcome.SetResult(new WorkerOutcome(Completed: false, "left"));
            if (text == "done") outcome.SetResult(new WorkerOutcome(Completed: true, ""));
        });
    }

    /// <summary>Closes a node's sockets, as the end of its process would.</summary>
    public static Task CutOffAsync(NodeSystem node) =>
        ((Akka.Remote.IRemoteActorRefProvider)((ExtendedActorSystem)node.System).Provider).Transport.Shutdown();

    public static CoordinatorNode Coordinator(NodeOptions options, string name, Said said, Action<NodeSystem>? onStart = null, TimeSpan? handsOverAfter = null) => new(
        options,
        (node, _, completion) =>
        {
            onStart?.Invoke(node);
            return Props.Create(() => new TalkingCoordinator(name, completion));
        },
        "stop", () => Task.CompletedTask, said.Add, handsOverAfter);

    public static WorkerNode Worker(NodeOptions options, Said said, Action<NodeSystem>? onStart = null) => new(
        options,
        (node, outcome) =>
        {
            onStart?.Invoke(node);
            return Props.Create(() => new WaitingWorker(outcome));
        },
        "leave", said.Add);
}
