namespace Cluster.Train.Faults;

/// <summary>Where in a member's work a fault strikes.</summary>
public enum FaultPhase
{
    /// <summary>It asks to be a member, or takes its place in a generation.</summary>
    Join,

    /// <summary>It is given a lease.</summary>
    Lease,

    /// <summary>It computes the gradients of its shards.</summary>
    Compute,

    /// <summary>It sends its partial sums to the owners of their slices.</summary>
    PartialSums,

    /// <summary>It has all contributions to the slice that it owns, and is about to sum and update it.</summary>
    OwnerSum,

    /// <summary>It has updated its slice and sends the new parameters; some have got them, others have not.</summary>
    Broadcast,

    /// <summary>It copies its part of a snapshot.</summary>
    Snapshot,

    /// <summary>It says that it holds its part of a snapshot.</summary>
    Seal,
}

/// <summary>What happens there.</summary>
public enum FaultAction
{
    /// <summary>The process ends, and its memory is lost.</summary>
    Fail,

    /// <summary>The process stops for a time: it neither hears nor answers, and goes on afterwards as if nothing had been.</summary>
    Hang,

    /// <summary>What it sends or receives in this phase, and all that follows on that connection, comes late.</summary>
    Delay,

    /// <summary>The message of this phase is lost.</summary>
    Drop,

    /// <summary>The message of this phase comes twice.</summary>
    Duplicate,

    /// <summary>Its connections are cut, those of control and those of tensors; messages of both directions are lost for a time.</summary>
    Cut,
}
