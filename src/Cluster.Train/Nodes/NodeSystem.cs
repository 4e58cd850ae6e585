using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Tools.Singleton;
using Cluster.Train.Actors;

namespace Cluster.Train.Nodes;

/// <summary>One actor system as a member of the cluster, from joining to leaving. A process that has to join again makes a new one.</summary>
internal sealed class NodeSystem : IAsyncDisposable
{
    private static readonly TimeSpan ProbeAfter = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    // A seed that listens is asked again until it answers: not many times a second.
    private static readonly TimeSpan ListenerPause = TimeSpan.FromSeconds(2);

    private readonly NodeOptions _options;
    private readonly TaskCompletionSource _jobOver = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _leaving;

    private NodeSystem(NodeOptions options, ActorSystem system)
    {
        _options = options;
        System = system;
        Cluster = AkkaCluster.Get(system);
        Coordinator = system.ActorOf(
            ClusterSingletonProxy.Props("/user/" + SingletonManagerName, ClusterSingletonProxySettings.Create(system)).WithDispatcher(ActorSystems.Dispatcher),
            "coordinator-proxy");
    }

    /// <summary>The name of the actor that starts the coordinator on one of the nodes.</summary>
    internal const string SingletonManagerName = "coordinator-node";

    /// <summary>The actor system.</summary>
    public ActorSystem System { get; }

    /// <summary>Its membership.</summary>
    public AkkaCluster Cluster { get; }

    /// <summary>Reaches the coordinator, wherever it is.</summary>
    public IActorRef Coordinator { get; }

    /// <summary>Where the others reach it.</summary>
    public HostPort Address => HostPort.Of(Cluster.SelfAddress);

    /// <summary>Whether the others have gone on without this node, or it without them: it has to join again.</summary>
    public bool WasRemoved => !_leaving && CoordinatedShutdown.Get(System).ShutdownReason is not null;

    /// <summary>
    /// Whether the job has ended and everybody knows: then all nodes end at once, and none waits for the others to agree
    /// that it leaves.
    /// </summary>
    public bool JobIsOver => _jobOver.Task.IsCompleted;

    /// <summary>Takes note that the job has ended: the node ends at once, also where it has begun to leave.</summary>
    public void NoteJobEnd() => _jobOver.TrySetResult();

    /// <summary>Starts to listen.</summary>
    /// <exception cref="BadInputException">It cannot listen there.</exception>
    public static NodeSystem Start(NodeOptions options)
    {
        var system = Listen(options);
        if (options.HealthFile is not null || options.Health is not null) system.ActorOf(HealthActor.Props(options.HealthFile, options.Health), "health");
        return new NodeSystem(options, system);
    }

    /// <summary>Becomes a member.</summary>
    /// <param name="stop">Ends it.</param>
    /// <param name="say">Is told, in a line, that it takes long.</param>
    /// <exception cref="BadInputException">The seeds' names do not resolve, or only one side speaks TLS.</exception>
    /// <exception cref="TrainingFaultException">Nobody let it in within the join timeout.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task JoinAsync(CancellationToken stop, Action<string>? say = null)
    {
        var up = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Cluster.RegisterOnMemberUp(up.SetResult);
        var began = Environment.TickCount64;
        var others = _options.Seeds.Where(seed => seed != Address).ToArray();
        var asked = false;
        var begun = false;
        Task? probe = null;
        while (!up.Task.IsCompleted)
        {
            var waited = TimeSpan.FromMilliseconds(Environment.TickCount64 - began);
            if (!begun && await NextAsync(others, waited, stop) == ClusterJoin.Way.Begin)
            {
                (begun, asked) = (true, true);
                Cluster.Join(Cluster.SelfAddress);
            }

            if (!asked)
            {
                asked = true;
                // A seed that is alone so far does not wait for the names of those that come after it.
                if (others.Length == _options.Seeds.Count) await ResolveAsync(others, say, stop);
                Cluster.JoinSeedNodes(_options.Seeds.Select(seed => NodeConfig.AddressOf(seed, _options.Tls is not null)));
            }

            // Whoever knows of members was welcomed by one. A node may be welcomed while it still asks.
            if (waited >= ProbeAfter && Cluster.State.Members.IsEmpty) probe ??= ProbeAsync(others, say, stop);
            if (probe is { IsCompleted: true }) await probe;

            if (waited >= _options.JoinTimeout)
            {
                throw new TrainingFaultException(
                    Invariant($"no cluster let this node in within {_options.JoinTimeout.TotalSeconds:0} s; seeds: {await Seeds.DescribeAsync(others)}. Start a coordinator there, or correct --seed-node"));
            }

            await Task.WhenAny(up.Task, Task.Delay(Pause, stop));
            stop.ThrowIfCancellationRequested();
        }

        _options.Health?.Ready();
    }

    /// <summary>The oldest coordinator node, which carries the coordinator; null where none is known.</summary>
    public HostPort? Leader() => Coordinators(Cluster) is [var oldest, ..] ? oldest.Node : null;

    /// <summary>The coordinator nodes that a member knows, the oldest first, which carries the coordinator.</summary>
    internal static IReadOnlyList<CoordinatorPlace> Coordinators(AkkaCluster cluster) =>
    [
        .. cluster.State.Members
            .Where(member => member.HasRole(NodeConfig.CoordinatorRole) && member.Status is MemberStatus.Up or MemberStatus.Leaving)
            .Order(Member.AgeOrdering)
            .Select((member, age) => new CoordinatorPlace(HostPort.Of(member.Address), NodeConfig.DashboardOf(member.Roles), age == 0, member.Address.Equals(cluster.SelfAddress))),
    ];

    /// <summary>The other coordinator nodes that can take over, the one that does first.</summary>
    public IReadOnlyList<Address> Standbys() =>
    [
        .. Cluster.State.Members.Except(Cluster.State.Unreachable)
            .Where(member => member.HasRole(NodeConfig.CoordinatorRole) && member.Status == MemberStatus.Up && !member.Address.Equals(Cluster.SelfAddress))
            .Order(Member.AgeOrdering)
            .Select(member => member.Address),
    ];

    /// <summary>Leaves the cluster in good order, as far as the others still answer, unless the job is over; ends the actor system.</summary>
    public async ValueTask DisposeAsync()
    {
        _leaving = true;
        _options.Health?.Unready("a cluster to join");
        if (!JobIsOver)
        {
            var left = CoordinatedShutdown.Get(System).Run(CoordinatedShutdown.ClusterLeavingReason.Instance);
            await Task.WhenAny(left, _jobOver.Task);
        }

        await System.Terminate();
        _options.Health?.Rest();
    }

    private async Task<ClusterJoin.Way> NextAsync(HostPort[] others, TimeSpan waited, CancellationToken stop)
    {
        var way = ClusterJoin.Next(_options.Role, Address, _options.Seeds, waited, seedListens: false);
        if (way == ClusterJoin.Way.AskSeeds || others.Length == 0) return way;
        var listens = await Seeds.AnyListensAsync(others, ListenerPause, stop);
        return Cluster.State.Members.IsEmpty ? ClusterJoin.Next(_options.Role, Address, _options.Seeds, waited, listens) : ClusterJoin.Way.AskSeeds;
    }

    // A container or a pod gets its name when it starts, perhaps long after this node.
    private async Task ResolveAsync(HostPort[] others, Action<string>? say, CancellationToken stop)
    {
        var resolved = Seeds.ResolveAnyAsync(others, _options.JoinTimeout, "--seed-node", stop);
        if (await Task.WhenAny(resolved, Task.Delay(ProbeAfter, stop)) != resolved)
        {
            say?.Invoke(Invariant($"no name of {string.Join(", ", others)} resolves yet; asking for up to {_options.JoinTimeout.TotalSeconds:0} s"));
        }

        await resolved;
    }

    private async Task ProbeAsync(HostPort[] others, Action<string>? say, CancellationToken stop)
    {
        await Seeds.EnsureSameTlsAsync(others, _options.Tls, "--seed-node", stop);
        if (!Cluster.State.Members.IsEmpty) return;
        say?.Invoke(Invariant($"nobody has let this node in yet; asking {string.Join(", ", others)} for up to {_options.JoinTimeout.TotalSeconds:0} s"));
    }

    private static ActorSystem Listen(NodeOptions options)
    {
        try
        {
            ProbeListen(options.Listen);
            return ActorSystem.Create(NodeConfig.SystemName, NodeConfig.Setup(NodeConfig.Of(options), options.Tls));
        }
        catch (Exception exception) when (ListenFailure.Explain(options.Listen, exception) is not null)
        {
            throw ListenFailure.Explain(options.Listen, exception)!;
        }
    }

    // Tried beforehand: nothing has been started yet that would have to end. Another program may still come in between.
    private static void ProbeListen(HostPort listen)
    {
        var address = IPAddress.TryParse(listen.Host, out var literal) ? literal : Dns.GetHostAddresses(listen.Host)[0];
        using var probe = new TcpListener(address, listen.Port);
        probe.Start();
    }
}
