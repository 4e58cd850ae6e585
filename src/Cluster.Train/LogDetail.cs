namespace Cluster.Train;

/// <summary>What is logged on standard error: this, and what is graver.</summary>
public enum LogDetail
{
    /// <summary>Everything, for who looks for a fault.</summary>
    Debug,

    /// <summary>What is done.</summary>
    Info,

    /// <summary>What may be wrong.</summary>
    Warning,

    /// <summary>What has failed.</summary>
    Error,
}
