namespace Cluster.Train.Training;

/// <summary>The whole state of a job after a step: what a checkpoint holds and a joiner gets. Its arrays are not changed any more.</summary>
/// <param name="Step">Steps of the job done.</param>
/// <param name="Vector">The flat vector: trainable parameters, float buffers, integer limbs.</param>
/// <param name="Frozen">The frozen parameters, in layout order.</param>
/// <param name="Optimizer">The optimizer's state by name, for example "momentum"; each as long as the trainable parameters.</param>
internal sealed record TrainingState(long Step, float[] Vector, float[] Frozen, IReadOnlyDictionary<string, float[]> Optimizer);
