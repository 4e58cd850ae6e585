using Cluster.Train.Training;

namespace Cluster.Train.Coordination;

/// <summary>A snapshot that is to be written.</summary>
/// <param name="Step">Steps of the job done.</param>
/// <param name="ParametersSha256">The hash on which all members agreed; null to make it from the state.</param>
/// <param name="Loss">Mean loss of the current epoch so far, or of the last one at its end.</param>
/// <param name="Evaluation">Newest evaluation; null for none.</param>
/// <param name="Watch">What is known at that step of the metric that the job watches; null for nothing.</param>
internal sealed record CheckpointRequest(
    long Step, string? ParametersSha256, double Loss, EvaluationResult? Evaluation, WatchState? Watch = null);
