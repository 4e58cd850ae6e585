using Akka.Actor;
using Akka.Cluster;
using Cluster.Train.Protocol;

namespace Cluster.Train.Nodes;

/// <summary>
/// The same on every node, under a well-known path: passes questions about the job's status on to the coordinator,
/// wherever it is, and hears and tells that the job has ended.
/// </summary>
internal sealed class NodeActor : ReceiveActor, IWithTimers
{
    /// <summary>Its name below /user.</summary>
    public const string Name = "cluster-train-node";

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private readonly HashSet<Address> _unaware = [];
    private IActorRef? _announcer;
    private JobEnded? _ended;

    /// <summary>Is created by <see cref="Props"/>.</summary>
    public NodeActor(IActorRef coordinator, Action<JobEnded> onEnd, Func<bool> onHandOver)
    {
        Receive<StatusRequest>(coordinator.Forward);
        Receive<JobEnded>(ended =>
        {
            Sender.Tell(JobEndNoted.Instance);
            Context.System.EventStream.Publish(ended);
            onEnd(ended);
        });
        Receive<HandOver>(_ =>
        {
            if (onHandOver()) Sender.Tell(HandOverAgreed.Instance);
        });
        Receive<Announce>(Begin);
        Receive<Repeat>(_ => TellUnaware());
        Receive<Enough>(_ => Finish());
        Receive<JobEndNoted>(_ =>
        {
            _unaware.Remove(Sender.Path.Address);
            if (_unaware.Count == 0) Finish();
        });
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>A node's actor.</summary>
    /// <param name="coordinator">Reaches the coordinator.</param>
    /// <param name="onEnd">Called when the job has ended elsewhere; perhaps several times.</param>
    /// <param name="onHandOver">Called when the job is to be left to this node; perhaps several times. Whether it takes it.</param>
    internal static Props Props(IActorRef coordinator, Action<JobEnded> onEnd, Func<bool> onHandOver) =>
        Akka.Actor.Props.Create(() => new NodeActor(coordinator, onEnd, onHandOver));

    private void Begin(Announce announce)
    {
        var cluster = AkkaCluster.Get(Context.System);
        _announcer = Sender;
        _ended = announce.Ended;
        Context.System.EventStream.Publish(_ended);
        _unaware.UnionWith(cluster.State.Members
            .Where(member => member.Status is MemberStatus.Joining or MemberStatus.WeaklyUp or MemberStatus.Up && !member.Address.Equals(cluster.SelfAddress))
            .Select(member => member.Address));
        // Those that are about to leave wait for the others to agree, and soon nobody will be there who could. Whether they hear of it, nobody waits for.
        foreach (var leaver in cluster.State.Members.Where(member => member.Status is MemberStatus.Leaving or MemberStatus.Exiting && !member.Address.Equals(cluster.SelfAddress)))
        {
            Tell(leaver.Address);
        }

        if (_unaware.Count == 0)
        {
            Finish();
            return;
        }

        Timers.StartPeriodicTimer(nameof(Repeat), Repeat.Instance, TimeSpan.Zero, Interval);
        Timers.StartSingleTimer(nameof(Enough), Enough.Instance, announce.Patience);
    }

    private void TellUnaware()
    {
        foreach (var address in _unaware)
        {
            Tell(address);
        }
    }

    private void Tell(Address address) => Context.ActorSelection(new RootActorPath(address) / "user" / Name).Tell(_ended);

    private void Finish()
    {
        Timers.CancelAll();
        _announcer?.Tell(new Announced(_unaware.Count));
        _announcer = null;
    }

    /// <summary>Tells all other nodes that the job has ended; answered with <see cref="Announced"/>.</summary>
    /// <param name="Ended">What to tell.</param>
    /// <param name="Patience">The answer comes after this time, even if some were not heard of.</param>
    internal sealed record Announce(JobEnded Ended, TimeSpan Patience);

    /// <summary>Nodes were told.</summary>
    /// <param name="Unaware">How many have not taken note of it.</param>
    internal sealed record Announced(int Unaware);

    private sealed record Repeat
    {
        internal static Repeat Instance { get; } = new();
    }

    private sealed record Enough
    {
        internal static Enough Instance { get; } = new();
    }
}
