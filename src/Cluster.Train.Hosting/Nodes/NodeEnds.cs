using Cluster.Train.Protocol;

namespace Cluster.Train.Hosting.Nodes;

/// <summary>How a coordinator node ended.</summary>
/// <param name="Outcome">How the job ended, if this node carried it; otherwise null.</param>
/// <param name="Elsewhere">How it ended on another node; null where it did not, and this node only left.</param>
internal sealed record CoordinatorEnd(JobOutcome? Outcome, JobEnded? Elsewhere);

/// <summary>In which way a worker node ended.</summary>
internal enum WorkerEndKind
{
    /// <summary>The job has ended, or was stopped by its user.</summary>
    Done,

    /// <summary>It was asked to leave.</summary>
    Left,

    /// <summary>The job, or the worker, could not go on.</summary>
    Failed,
}

/// <summary>How a worker node ended.</summary>
/// <param name="Kind">In which way.</param>
/// <param name="Reason">One line.</param>
internal sealed record WorkerEnd(WorkerEndKind Kind, string Reason);
