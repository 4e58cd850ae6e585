namespace Cluster.Train.Coordination;

/// <summary>How a worker's part in a job ended.</summary>
/// <param name="Completed">Whether the job reached its end.</param>
/// <param name="Reason">Why it ended, in one line.</param>
internal sealed record WorkerOutcome(bool Completed, string Reason);
