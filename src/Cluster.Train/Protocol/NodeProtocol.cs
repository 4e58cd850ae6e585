namespace Cluster.Train.Protocol;

/// <summary>In which way a job ended.</summary>
internal enum JobEnd
{
    /// <summary>It did all its steps.</summary>
    Done,

    /// <summary>The user stopped it.</summary>
    Stopped,

    /// <summary>It could not go on.</summary>
    Failed,

    /// <summary>What the user gave it cannot be used.</summary>
    Refused,
}

/// <summary>A job has ended: told to all nodes of the cluster, so that none waits for it or takes over what is done.</summary>
/// <param name="End">In which way.</param>
/// <param name="Where">host:port of the node that carried the coordinator.</param>
/// <param name="Reason">One line; empty where it is done.</param>
internal sealed record JobEnded(JobEnd End, string Where, string Reason) : IWireMessage;

/// <summary>The node that carries the coordinator leaves the job to this one.</summary>
internal sealed record HandOver : IWireMessage
{
    /// <summary>It has no content.</summary>
    public static HandOver Instance { get; } = new();
}

/// <summary>A node does not leave before it has taken the job over.</summary>
internal sealed record HandOverAgreed : IWireMessage
{
    /// <summary>It has no content.</summary>
    public static HandOverAgreed Instance { get; } = new();
}

/// <summary>A node has taken note of <see cref="JobEnded"/>.</summary>
internal sealed record JobEndNoted : IWireMessage
{
    /// <summary>It has no content.</summary>
    public static JobEndNoted Instance { get; } = new();
}
