using Akka.Actor;
using Akka.Cluster;
using Cluster.Train.Protocol;
using Cluster.Train.Training;

namespace Cluster.Train.Nodes;

/// <summary>A node that stays where a job's coordinator was once the job is done, in a cluster of its own: whoever comes is told so, and ends.</summary>
/// <param name="options">The node.</param>
/// <param name="report">How the job ended, for whoever asks.</param>
/// <param name="say">Is told, in a line, of nodes that came.</param>
internal sealed class StayingNode(NodeOptions options, StatusReport report, Action<string> say)
{
    private readonly LateComers _lateComers = new();

    /// <summary>Runs until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            // Whoever comes asks all seeds: nodes that stay need not know each other.
            await using var node = NodeSystem.Start(options with { Seeds = [], HasJob = false });
            node.System.ActorOf(JobEndTeller.Props(new JobEnded(JobEnd.Done, node.Address.ToString(), ""), report, Tell), NodeActor.Name);
            try
            {
                await node.JoinAsync(stop);
                await node.System.WhenTerminated.WaitAsync(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                node.NoteJobEnd();
            }
        }
    }

    private void Tell(HostPort node)
    {
        if (_lateComers.Line(node) is { } line) say(line);
    }

    /// <summary>What whoever asks is told of a job that is done.</summary>
    /// <param name="job">The job, as this node was given it.</param>
    /// <param name="outcome">How it ended, if this node carried it; null where only its steps' number is not known here.</param>
    internal static StatusReport ReportOf(JobDefinition job, JobOutcome? outcome) => new(
        job.Task, job.Hash(), "done", Generation: 0, outcome?.Steps ?? 0, outcome?.Steps ?? 0, SamplesPerSecond: 0, Topology: "", Members: [], Waiting: null,
        StatusFigure.Of(outcome?.Evaluation))
    {
        ExitCode = 0,
        Numerics = outcome?.Numerics ?? "",
    };

    /// <summary>Tells each node that joins that the job has ended, until it has taken note or is gone.</summary>
    private sealed class JobEndTeller : ReceiveActor, IWithTimers
    {
        private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

        private readonly AkkaCluster _cluster = AkkaCluster.Get(Context.System);
        private readonly HashSet<Address> _unaware = [];

        public JobEndTeller(JobEnded ended, StatusReport report, Action<HostPort> onTold)
        {
            Receive<ClusterEvent.MemberRemoved>(removed => _unaware.Remove(removed.Member.Address));
            Receive<ClusterEvent.MemberStatusChange>(change => Come(change.Member));
            Receive<StatusRequest>(_ => Sender.Tell(report));
            Receive<JobEndNoted>(_ =>
            {
                if (_unaware.Remove(Sender.Path.Address)) onTold(HostPort.Of(Sender.Path.Address));
            });
            Receive<Repeat>(_ =>
            {
                foreach (var address in _unaware)
                {
                    Context.ActorSelection(new RootActorPath(address) / "user" / NodeActor.Name).Tell(ended);
                }
            });
        }

        public ITimerScheduler Timers { get; set; } = null!;

        internal static Props Props(JobEnded ended, StatusReport report, Action<HostPort> onTold) =>
            Akka.Actor.Props.Create(() => new JobEndTeller(ended, report, onTold));

        protected override void PreStart()
        {
            _cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent));
            Timers.StartPeriodicTimer(nameof(Repeat), Repeat.Instance, TimeSpan.Zero, Interval);
        }

        private void Come(Member member)
        {
            if (member.Status == MemberStatus.Joining && !member.Address.Equals(_cluster.SelfAddress)) _unaware.Add(member.Address);
        }

        private sealed record Repeat
        {
            internal static Repeat Instance { get; } = new();
        }
    }
}
