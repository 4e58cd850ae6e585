namespace Cluster.Train.Nodes;

/// <summary>What a node is for.</summary>
internal enum NodeRole
{
    /// <summary>Can carry the coordinator.</summary>
    Coordinator,

    /// <summary>Computes.</summary>
    Worker,
}

/// <summary>A node of a cluster: where it listens, and through whom it joins.</summary>
public sealed record NodeOptions
{
    private readonly HostPort? _advertise;

    /// <summary>Where it listens for the other nodes; port 0 for any free one. Any but a loopback address needs <see cref="Tls"/>, or <see cref="Insecure"/>.</summary>
    public required HostPort Listen { get; init; }

    /// <summary>Where the others reach it; port 0 for the one it listens on. <b>Default</b>: <see cref="Listen"/>.</summary>
    public HostPort Advertise
    {
        get => _advertise ?? Listen;
        init => _advertise = value;
    }

    /// <summary>The port for tensors, on the same host. <b>Default</b>: 0, any free one.</summary>
    public int TensorPort { get; init; }

    /// <summary>
    /// The coordinators as they are advertised, the same in the same order everywhere. <b>Default</b>: none, for a coordinator
    /// that begins alone; a worker needs one.
    /// </summary>
    public IReadOnlyList<HostPort> Seeds { get; init; } = [];

    /// <summary>What it proves its identity with; whoever made it disposes of it. <b>Default</b>: null, no TLS.</summary>
    public TlsIdentity? Tls { get; init; }

    /// <summary>
    /// Whether it may be open to other machines without <see cref="Tls"/>: whoever reaches it can read and change the model.
    /// <b>Default</b>: false.
    /// </summary>
    public bool Insecure { get; init; }

    /// <summary>How long it tries to join. <b>Default</b>: 5 minutes.</summary>
    public TimeSpan JoinTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The file in which it says every two seconds that it is well. <b>Default</b>: null, none.</summary>
    public string? HealthFile { get; init; }

    /// <summary>What the actors log on standard error. <b>Default</b>: warnings.</summary>
    public LogDetail LogLevel { get; init; } = LogDetail.Warning;

    /// <summary>Is told how it is; null for nobody.</summary>
    public NodeHealth? Health { get; init; }

    /// <summary>Where its dashboard is read, told to the other nodes: those who look at one find the others. <b>Default</b>: null, none.</summary>
    public Uri? Dashboard { get; init; }

    /// <summary>What it is for.</summary>
    internal NodeRole Role { get; init; }

    /// <summary>Whether its cluster has a job, or had one: then nobody has to read whom it has lost.</summary>
    internal bool HasJob { get; init; } = true;

    /// <summary>Whether somebody listened at another seed when the node was started.</summary>
    internal bool AnotherSeedListens { get; init; }

    /// <summary>Whether it is the seed that begins the cluster.</summary>
    internal bool IsFirstSeed => Role == NodeRole.Coordinator && Seeds.Count > 0 && Seeds[0] == Advertise;

    /// <summary>Refuses a node that strangers could talk to.</summary>
    /// <exception cref="BadInputException">It listens for other machines, and nobody has to prove who it is.</exception>
    internal void EnsureClosed()
    {
        if (!Listen.IsLoopback && Tls is null && !Insecure)
        {
            throw new BadInputException($"the node would listen at {Listen}, which other machines can reach: give it a TLS identity, or say that it may be insecure, in a closed network");
        }
    }
}
