namespace Cluster.Train.Checkpoints;

/// <summary>
/// Everything that a checkpoint holds. The tensors' values are read while it is written, on the thread that writes:
/// they stay unchanged until <see cref="CheckpointStore.Save"/> returns or <see cref="CheckpointWriter.Submit"/>'s task is done.
/// </summary>
/// <param name="Manifest">Job and position. <see cref="CheckpointManifest.Files"/> is filled in by the store.</param>
/// <param name="Model">
/// The model's state dictionary, as PyTorch has it: trainable and frozen parameters and buffers by name. Goes to
/// <c>model.safetensors</c>.
/// </param>
/// <param name="Optimizer">
/// The optimizer's state, each name with the state's name before the parameter's (<c>momentum.layer1.weight</c>,
/// <c>exp_avg.layer1.weight</c>); empty for a rule without state. Goes to <c>optimizer.safetensors</c>.
/// </param>
internal sealed record CheckpointContent(
    CheckpointManifest Manifest, IReadOnlyList<CheckpointTensor> Model, IReadOnlyList<CheckpointTensor> Optimizer);

/// <summary>How saving a checkpoint went.</summary>
/// <param name="Step">Its step.</param>
/// <param name="Path">Its directory; null where it was not written.</param>
/// <param name="Notice">What the user should read, in one line; null for nothing.</param>
/// <param name="PassedOver">Whether a newer one took its place before its turn came.</param>
internal sealed record CheckpointOutcome(long Step, string? Path, string? Notice, bool PassedOver = false);

/// <summary>
/// A checkpoint could not be written: no space, no access, another process. What was there before is untouched, and
/// training can go on. The message is one line.
/// </summary>
internal sealed class CheckpointException(string message, Exception? innerException = null) : Exception(message, innerException);
