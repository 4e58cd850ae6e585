using Cluster.Train.Checkpoints;

namespace Cluster.Train.Coordination;

/// <summary>What a coordinator found in its checkpoint directory.</summary>
/// <param name="Verdict">What it means for the job.</param>
/// <param name="Newest">Name of the newest checkpoint; empty for none.</param>
/// <param name="Result">The result of a job that is done; null for any other.</param>
internal sealed record CheckpointStart(ResumeVerdict Verdict, string Newest = "", JobOutcome? Result = null)
{
    /// <summary>The directory, for messages.</summary>
    internal string Directory { get; init; } = "";

    /// <summary>There is none, or nothing in it.</summary>
    internal static CheckpointStart Nothing { get; } = new(ResumeVerdict.Begin);
}
