using System.Net.Sockets;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Remote;
using Cluster.Train.Protocol;

namespace Cluster.Train.Nodes.Downing;

/// <summary>
/// Watches the members of the cluster and carries out what <see cref="DowningDecision"/> says once they have stayed the
/// same for a while. A member whose connection ends, and whose machine then answers that nobody listens there any more,
/// is known to be dead and is not waited for.
/// </summary>
internal sealed class DowningActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(2);

    private readonly AkkaCluster _cluster;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly bool _lossesMatter;
    private readonly TimeSpan _stableAfter;
    private readonly NodeRole _role;
    private readonly HashSet<Address> _probed = [];
    private string _view = "";
    private DateTimeOffset _unchangedSince;

    /// <summary>Is created by <see cref="Props"/>.</summary>
    public DowningActor(AkkaCluster cluster, TimeSpan stableAfter, bool lossesMatter)
    {
        _lossesMatter = lossesMatter;
        _cluster = cluster;
        _stableAfter = stableAfter;
        _role = cluster.SelfRoles.Contains(NodeConfig.CoordinatorRole) ? NodeRole.Coordinator : NodeRole.Worker;
        Receive<Look>(_ => Decide());
        Receive<DisassociatedEvent>(ended => Probe(ended.RemoteAddress));
        Receive<NobodyListens>(dead => DownDead(dead.Address));
        Receive<SomebodyListens>(alive => _probed.Remove(alive.Address));

        // From now on everybody goes, and nobody is lost.
        Receive<JobEnded>(_ => Context.Stop(Self));
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Decides after members and what is reachable have stayed the same for this time.</summary>
    internal static Props Props(AkkaCluster cluster, TimeSpan stableAfter, bool lossesMatter) =>
        Akka.Actor.Props.Create(() => new DowningActor(cluster, stableAfter, lossesMatter));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        _unchangedSince = Context.System.Scheduler.Now;
        Context.System.EventStream.Subscribe(Self, typeof(DisassociatedEvent));
        Context.System.EventStream.Subscribe(Self, typeof(JobEnded));
        Timers.StartPeriodicTimer(nameof(Look), Look.Instance, Tick);
    }

    /// <inheritdoc/>
    protected override void PostStop() => Context.System.EventStream.Unsubscribe(Self);

    private void Decide()
    {
        if (_cluster.IsTerminated || _cluster.SelfMember.Status is MemberStatus.Joining or MemberStatus.Down or MemberStatus.Removed)
        {
            return;
        }

        _probed.RemoveWhere(address => !IsFullMember(address));
        var state = _cluster.State;
        var members = Members(state);
        var view = string.Join(' ', members.Select(member => $"{member.Name}{(member.IsReachable ? '+' : '-')}{(member.Counts ? '+' : '-')}"));
        if (view != _view)
        {
            _view = view;
            _unchangedSince = Context.System.Scheduler.Now;
            return;
        }

        if (Context.System.Scheduler.Now - _unchangedSince < _stableAfter)
        {
            return;
        }

        var (verdict, reason) = DowningDecision.Decide(_role, members, state.Members.Any(member => member.Status == MemberStatus.Down));
        switch (verdict)
        {
            case DowningVerdict.DownUnreachable:
                TellOfLoss($"going on without members that cannot be reached: {reason}");
                foreach (var member in state.Unreachable.Where(member => !Hears(member)))
                {
                    _cluster.Down(member.Address);
                }

                break;
            case DowningVerdict.DownSelf:
                _log.Warning("leaving this cluster to join again: {0}", reason);
                _cluster.Down(_cluster.SelfAddress);
                break;
            case DowningVerdict.DownUnheard:
                var unheard = DowningDecision.Unheard(members)!;
                _log.Warning("{0} has to join again: {1}", unheard.Name, reason);
                _cluster.Down(state.Members.First(member => Name(member) == unheard.Name).Address);
                break;
            default:
                return;
        }

        _unchangedSince = Context.System.Scheduler.Now;
    }

    /// <summary>Whether this node gets a member's heartbeats, whatever others say of it.</summary>
    private bool Hears(Member member) =>
        _cluster.FailureDetector.IsMonitoring(member.Address) && _cluster.FailureDetector.IsAvailable(member.Address);

    private DowningMember[] Members(ClusterEvent.CurrentClusterState state) =>
    [
        .. state.Members
            .Where(member => member.Status is not (MemberStatus.Down or MemberStatus.Removed))
            .Order(Member.AgeOrdering)
            .Select((member, age) => new DowningMember(
                Name(member),
                member.HasRole(NodeConfig.CoordinatorRole) ? NodeRole.Coordinator : NodeRole.Worker,
                age,
                !state.Unreachable.Contains(member) || Hears(member),
                member.Status is MemberStatus.Up or MemberStatus.WeaklyUp,
                state.Unreachable.Contains(member) && Hears(member))),
    ];

    private static string Name(Member member) => Invariant($"{member.Address.Host}:{member.Address.Port}");

    private void Probe(Address address)
    {
        // Each of its connections ends, and calls to it fail for a while: it is asked and told of once.
        if (address.Port is null || !IsFullMember(address) || !_probed.Add(address)) return;
        var (host, port) = HostPort.Of(address);
        NobodyListensAsync(host, port).PipeTo(
            Self,
            success: refused => refused ? new NobodyListens(address) : new SomebodyListens(address),
            failure: _ => new SomebodyListens(address));
    }

    // A refusal comes from the machine itself; a network that is cut, or a machine that is off, gives silence.
    // Asked twice: a listener may be on its way to be opened again.
    private static async Task<bool> NobodyListensAsync(string host, int port)
    {
        for (var attempt = 0; attempt < 2; attempt++)
        {
            using var timeout = new CancellationTokenSource(ProbeTimeout);
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync(host, port, timeout.Token).ConfigureAwait(false);
                return false;
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), timeout.Token).ConfigureAwait(false);
            }
        }

        return true;
    }

    private void DownDead(Address address)
    {
        if (!IsFullMember(address)) return;
        TellOfLoss($"{HostPort.Of(address)} has ended: nobody listens there any more");
        MemberFailureDetector.ReportDead(Context.System.EventStream, address.ToString());
        _cluster.Down(address);
    }

    private void TellOfLoss(string line)
    {
        if (_lossesMatter)
        {
            _log.Warning("{0}", line);
        }
        else
        {
            _log.Info("{0}", line);
        }
    }

    // One that leaves in good order also closes its connections.
    private bool IsFullMember(Address address) => _cluster.State.Members.Any(member =>
        member.Address.Equals(address) && member.Status is MemberStatus.Up or MemberStatus.WeaklyUp);

    private sealed record Look
    {
        internal static Look Instance { get; } = new();
    }

    private sealed record NobodyListens(Address Address);

    private sealed record SomebodyListens(Address Address);
}
