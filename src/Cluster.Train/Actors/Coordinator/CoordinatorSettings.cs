using Cluster.Train.Membership;
using Cluster.Train.Training;

namespace Cluster.Train.Actors.Coordinator;

/// <summary>What a coordinator is told of its job.</summary>
internal sealed record CoordinatorSettings
{
    /// <summary>The job.</summary>
    public required JobDefinition Definition { get; init; }

    /// <summary>The workers with which the job begins.</summary>
    public required int Workers { get; init; }

    /// <summary>How the parameters are owned.</summary>
    public required Topology Topology { get; init; }

    /// <summary>Whether all workers share the coordinator's process.</summary>
    public required bool InProcess { get; init; }

    /// <summary>Whether checkpoints are kept at all.</summary>
    public required bool KeepsCheckpoints { get; init; }

    /// <summary>A checkpoint every so many steps; null: at the end of each epoch.</summary>
    public required long? CheckpointEvery { get; init; }

    /// <summary>How long a step may take.</summary>
    public required TimeSpan StepTimeout { get; init; }

    /// <summary>How long the workers may take to be ready.</summary>
    public required TimeSpan JoinTimeout { get; init; }
}
