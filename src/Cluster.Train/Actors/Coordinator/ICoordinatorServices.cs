using Cluster.Train.Membership;

namespace Cluster.Train.Actors.Coordinator;

/// <summary>What the coordinator has done by others: its own slice, stored states, whoever watches.</summary>
internal interface ICoordinatorServices
{
    /// <summary>Is told how the job goes.</summary>
    IJobObserver Observer { get; }

    /// <summary>The coordinator's own slice, for the coordinator topology.</summary>
    ISliceRuntime OwnSlice { get; }

    /// <summary>Where tensors reach the coordinator: host:port; null in process.</summary>
    string? Endpoint { get; }

    /// <summary>Finds the state to begin with, once a replica's description is known.</summary>
    /// <returns>The step of the checkpoint that was loaded, or 0 to begin at the beginning.</returns>
    Task<long> LoadInitialStateAsync(ReplicaDescription replica);

    /// <summary>Writes the snapshot of a step as a checkpoint, off the training path.</summary>
    /// <returns>Completes with the checkpoint's path when it is on disk; null where the run keeps no checkpoints.</returns>
    Task<string?> SaveAsync(Roster roster, CheckpointRequest request);
}

/// <summary>A snapshot that is to be written.</summary>
/// <param name="Step">Steps of the job done.</param>
/// <param name="ParametersSha256">The hash on which all members agreed.</param>
/// <param name="Loss">Newest mean loss.</param>
/// <param name="Evaluation">Newest evaluation; null for none.</param>
internal sealed record CheckpointRequest(long Step, string ParametersSha256, double Loss, EvaluationResult? Evaluation);
