using Cluster.Train.Nodes;

namespace Cluster.Train.Hosting.CommandLine;

/// <summary>The options of a node in a cluster.</summary>
internal static class ClusterOptions
{
    /// <summary>The port of a coordinator where none is given.</summary>
    public const int DefaultPort = 4053;

    private const string Node = "The node";
    private const string Security = "Security";
    private const string Crew = "The workers";

    /// <summary>Where a coordinator listens.</summary>
    public static readonly OptionSpec<HostPort> Listen = new("--listen", Node, Address(0),
        "Where this node listens for the others; 0.0.0.0 for all addresses of this machine, port 0 for any free one. A node takes two ports, this one and, for tensors, the next (see --tensor-port). A loopback address is reached from this machine only, and there by every user, unless TLS files are given; any other needs TLS files or --insecure.")
    { Default = _ => new HostPort("127.0.0.1", DefaultPort) };

    /// <summary>Where a worker listens: nobody has to know its port beforehand.</summary>
    public static readonly OptionSpec<HostPort> WorkerListen = new("--listen", Node, Address(0), Listen.Description)
    { Default = _ => new HostPort("127.0.0.1", 0) };

    public static readonly OptionSpec<HostPort> Advertise = new("--advertise", Node, Address(1),
        "Where the others reach this node, if not where it listens: behind a container's or a router's port, for example.")
    { DefaultNote = "--listen's address, or this machine's name where that is 0.0.0.0" };

    public static readonly OptionSpec<int> TensorPort = new("--tensor-port", Node, ValueKinds.Whole(0, 65_535),
        "The port for tensors, on the same host; they never travel with heartbeats.")
    { DefaultNote = "the port after --listen's, or any free one" };

    public static readonly OptionSpec<IReadOnlyList<HostPort>> Seeds = new("--seed-node", Node,
        Addresses(),
        "The coordinators as they are advertised, all of them, in the same order on every node: one that is lost is replaced by another.")
    { DefaultNote = "none" };

    /// <summary>Whom to ask. It has the name and the variable that nodes give their seeds by; --seed is a job's seed elsewhere.</summary>
    public static readonly OptionSpec<IReadOnlyList<HostPort>> Asked = new("--seed-node", Node, Addresses(),
        "Nodes of the cluster, as they are advertised; the first that answers is asked. --seed is the same.")
    { Default = _ => [new HostPort("127.0.0.1", DefaultPort)], Aliases = ["--seed"] };

    public static readonly OptionSpec<string> Name = new("--name", Node, ValueKinds.Text("NAME", "a text"), "The worker's name in messages.")
    { DefaultNote = "worker-, this machine's name, and the process's number unless it is 1" };

    public static readonly OptionSpec<string> HealthFile = new("--health-file", Node, ValueKinds.Text("FILE", "a file that can be written"),
        "A sign of life, written every two seconds; the command health reads it.")
    { DefaultNote = "none" };

    public static readonly OptionSpec<string> TlsCertificate = new("--tls-cert", Security, ValueKinds.Text("FILE", "a file in PEM form"),
        "This node's certificate, perhaps the same for all nodes: both sides of every connection must have one. It proves that a node belongs to the cluster, not at which address; names in it are not compared.")
    { DefaultNote = "no TLS" };

    public static readonly OptionSpec<string> TlsKey = new("--tls-key", Security, ValueKinds.Text("FILE", "a file in PEM form"), "The certificate's private key.")
    { DefaultNote = "no TLS" };

    public static readonly OptionSpec<string> TlsAuthority = new("--tls-ca", Security, ValueKinds.Text("FILE", "a file in PEM form"),
        "The authority that signed the certificates of all nodes; those of others are refused.")
    { DefaultNote = "no TLS" };

    public static readonly OptionSpec<bool> Insecure = new("--insecure", Security, ValueKinds.Flag,
        "Listens without TLS even where other machines can reach this one: for closed networks.")
    { Default = _ => false };

    public static readonly OptionSpec<int> Workers = new("--workers", Crew, ValueKinds.Whole(1, CoordinatorOptions.MostWorkers, "workers"),
        "For how many workers the job waits, up to --join-timeout; then it begins with as many as are there, and at least --min-workers.")
    { Default = _ => 1 };

    public static readonly OptionSpec<int> MinWorkers = new("--min-workers", Crew, ValueKinds.Whole(1, CoordinatorOptions.MostWorkers, "workers"),
        "With how many it begins where others do not come in time, and goes on when some are lost; below, it waits for more up to --join-timeout.")
    { Default = _ => 1 };

    public static readonly OptionSpec<int> MaxWorkers = new("--max-workers", Crew, ValueKinds.Whole(1, CoordinatorOptions.MostWorkers, "workers"),
        "How many it takes at most, not more than shards; further ones stand by.")
    { DefaultNote = Invariant($"the number of shards, up to {CoordinatorOptions.MostWorkers:N0}") };

    public static readonly OptionSpec<long> SnapshotEvery = new("--snapshot-every", Crew, ValueKinds.Long(1, "steps"),
        "How many steps may have to be computed again when a worker is lost.")
    { DefaultNote = "as many as keep the cost of snapshots below 1 % of the time" };

    public static readonly OptionSpec<bool> HandOver = new("--hand-over", Crew, ValueKinds.Flag,
        "When this node is stopped (SIGTERM, Ctrl-C), leaves the job to a coordinator that stands by, where there is one, instead of stopping it.")
    { Default = _ => false };

    public static readonly OptionSpec<bool> Stay = new("--stay", Node, ValueKinds.Flag,
        "Stays idle once the job is done, until it is stopped: for whatever starts again what has ended well, as Kubernetes' StatefulSets do. A coordinator tells whoever comes later that the job is done.")
    { Default = _ => false };

    public static readonly OptionSpec<TimeSpan> JoinTimeout = new("--join-timeout", Node, ValueKinds.Duration,
        "How long this node looks for a cluster, and waits for whoever is missing in it.")
    { Default = _ => TimeSpan.FromMinutes(5) };

    public static readonly OptionSpec<TimeSpan> Patience = new("--timeout", Node, ValueKinds.Duration, "How long to wait for an answer.")
    { Default = _ => TimeSpan.FromSeconds(10) };

    public static readonly OptionSpec<bool> Json = new("--json", "Output", ValueKinds.Flag, "Answers in JSON.")
    { Default = _ => false };

    public static readonly OptionSpec<bool> Watch = new("--watch", "Output", ValueKinds.Flag,
        "Asks every second and shows the answer in place, until the job is over or Ctrl-C is pressed; in a pipe one answer after another, with --json a line each.")
    { Default = _ => false, Variable = "CLUSTER_TRAIN_STATUS_WATCH" };

    public static readonly OptionSpec<string> Directory = new("--dir", Security, ValueKinds.Text("DIR", "a folder that can be written"),
        "Where the files go, or are: what is there is kept.")
    { Default = _ => "certificates" };

    /// <summary>TLS files.</summary>
    public static readonly IReadOnlyList<OptionSpec> Tls = [TlsCertificate, TlsKey, TlsAuthority, Insecure];

    /// <summary>An address.</summary>
    /// <param name="lowestPort">0 where any free port may be meant, otherwise 1.</param>
    internal static ValueKind<HostPort> Address(int lowestPort) => new(
        "HOST:PORT", Invariant($"HOST:PORT, with a port from {lowestPort} to 65535"), text => HostPort.Parse(text, lowestPort), address => address.ToString());

    private static ValueKind<IReadOnlyList<HostPort>> Addresses() => new(
        "HOST:PORT,…", "addresses HOST:PORT of coordinators, separated by commas, with ports from 1 to 65535", ReadSeeds, seeds => string.Join(',', seeds));

    private static IReadOnlyList<HostPort> ReadSeeds(string text) =>
        text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } seeds
            ? [.. seeds.Select(seed => HostPort.Parse(seed, 1))]
            : throw new FormatException();
}
