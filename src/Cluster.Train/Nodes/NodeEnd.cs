namespace Cluster.Train.Nodes;

/// <summary>In which way a node ended.</summary>
public enum NodeEndKind
{
    /// <summary>The job did all its steps.</summary>
    Done,

    /// <summary>The job was stopped by its user.</summary>
    Stopped,

    /// <summary>The job, or the worker, could not go on.</summary>
    Failed,

    /// <summary>What the job was given cannot be used.</summary>
    Refused,

    /// <summary>The node was asked to leave; the job goes on without it.</summary>
    Left,
}

/// <summary>How a node ended.</summary>
/// <param name="Kind">In which way.</param>
/// <param name="Reason">One line; empty where nothing is to be said.</param>
public sealed record NodeEnd(NodeEndKind Kind, string Reason)
{
    /// <summary>How the job ended, if this node carried its coordinator; otherwise null.</summary>
    public JobOutcome? Outcome { get; init; }

    /// <summary>The node that carried the coordinator, as host:port, if it was another one that the job ended on; otherwise null.</summary>
    public string? Where { get; init; }
}
