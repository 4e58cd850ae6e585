
namespace Cluster.Train.Hosting.Nodes;

/// <summary>What a node is for.</summary>
internal enum NodeRole
{
    /// <summary>Can carry the coordinator.</summary>
    Coordinator,

    /// <summary>Computes.</summary>
    Worker,
}

/// <summary>A node of a cluster.</summary>
internal sealed record NodeOptions
{
    /// <summary>What it is for.</summary>
    public required NodeRole Role { get; init; }

    /// <summary>Where it listens for the other nodes; port 0 for any free one.</summary>
    public required HostPort Listen { get; init; }

    /// <summary>Where the others reach it; port 0 for the one it listens on.</summary>
    public required HostPort Advertise { get; init; }

    /// <summary>The port for tensors, on the same host; 0 for any free one.</summary>
    public required int TensorPort { get; init; }

    /// <summary>Nodes through which it joins, the same in the same order everywhere; none for a coordinator that begins alone.</summary>
    public required IReadOnlyList<HostPort> Seeds { get; init; }

    /// <summary>Whether somebody listened at another seed when the node was started.</summary>
    public bool AnotherSeedListens { get; init; }

    /// <summary>Whether it is the seed that begins the cluster.</summary>
    public bool IsFirstSeed => Role == NodeRole.Coordinator && Seeds.Count > 0 && Seeds[0] == Advertise;

    /// <summary>What it proves its identity with; null for no TLS.</summary>
    public TlsIdentity? Tls { get; init; }

    /// <summary>How long it tries to join.</summary>
    public required TimeSpan JoinTimeout { get; init; }

    /// <summary>The file in which it says that it is well; null for none.</summary>
    public string? HealthFile { get; init; }

    /// <summary>What the actors log on standard error.</summary>
    public LogDetail LogLevel { get; init; } = LogDetail.Warning;
}
