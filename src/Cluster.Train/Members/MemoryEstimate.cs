using System.Numerics;
using Cluster.Train.Training;

namespace Cluster.Train.Members;

/// <summary>What a process will have in memory for a while.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Bytes">How much.</param>
internal readonly record struct MemoryTerm(string Name, long Bytes);

/// <summary>What a process does of a job, as far as its memory depends on it.</summary>
/// <param name="Job">The job.</param>
/// <param name="Layout">The model's layout.</param>
/// <param name="WorkersHere">Workers in this process.</param>
/// <param name="HoldsAll">Whether all workers and the coordinator are in this process; otherwise others hold a part.</param>
internal sealed record MemoryShare(JobDefinition Job, ParameterLayout Layout, int WorkersHere, bool HoldsAll);

/// <summary>
/// How much memory a job needs, known as soon as the model is. It counts what grows with the model; activations, data and
/// the program itself come on top. Pure.
/// </summary>
internal sealed class MemoryEstimate
{
    /// <summary>Checkpoints that may be on their way to a slow disk at once.</summary>
    internal const int MostCheckpoints = 3;

    private const long BytesOfFloat = sizeof(float);

    private MemoryEstimate(IReadOnlyList<MemoryTerm> terms) => Terms = terms;

    /// <summary>The terms, none of them zero.</summary>
    internal IReadOnlyList<MemoryTerm> Terms { get; }

    /// <summary>Their sum in bytes.</summary>
    internal long Bytes => Terms.Sum(term => term.Bytes);

    /// <summary>Adds up what one process holds.</summary>
    internal static MemoryEstimate Of(MemoryShare share)
    {
        var (layout, job) = (share.Layout, share.Job);
        var vector = layout.VectorLength * BytesOfFloat;
        var frozen = layout.FrozenLength * BytesOfFloat;
        var optimizer = job.StateNames.Count * layout.ParameterLength * BytesOfFloat;
        // Shards of the worker that has most; where others have a part, at least one.
        var shards = share.HoldsAll ? (job.Shards + share.WorkersHere - 1) / share.WorkersHere : 1;
        return new MemoryEstimate(
        [
            .. new MemoryTerm[]
            {
                // InProcessExchangeHub, DeviceExchangeHub for a device, or a segment of shared memory: one block for all replicas of a process or host.
                new("parameters", vector),
                // ModelReplica: each has frozen parameters of its own.
                new("frozen parameters", share.WorkersHere * frozen),
                // TensorExchange.Contributions, GradientAccumulator and CollectedGradients.
                new("gradients", share.WorkersHere * ((GradientBlocks(shards) * vector) + (CollectedGradients.LengthOf(layout) * BytesOfFloat))),
                // SnapshotStore.SetInitial: what CreateModel gave, where a lost member may take the job back to it.
                new("initial values", share.HoldsAll ? 0 : vector),
                // SliceOwner: slices, which together are the vector. Other processes own other slices.
                new("optimizer", share.HoldsAll ? optimizer : 0),
                new("whole gradient", share.HoldsAll && (job.ClipNorm is not null || layout.WeightPosition is not null || job.Optimizer.NeedsNorms) ? vector : 0),
                // SnapshotArrays: the snapshot that everybody holds, and the one that is being made. In one process, only checkpoints need one: OfCheckpoint.
                new("snapshots", share.HoldsAll ? 0 : 2 * vector),
            }.Where(term => term.Bytes > 0),
        ]);
    }

    /// <summary>
    /// What a checkpoint adds in the coordinator's process, from the first one on: one copy of the state, which serves the
    /// next one, too. Where all is in one process, that is the snapshot, which shares the frozen parameters with the model;
    /// otherwise it is fetched. One that is written, one that waits and one that is made: on a slow disk there are up to
    /// <see cref="MostCheckpoints"/> at once.
    /// </summary>
    internal static long OfCheckpoint(MemoryShare share) =>
        (share.Layout.VectorLength + (share.HoldsAll ? 0 : share.Layout.FrozenLength) + (share.Job.StateNames.Count * share.Layout.ParameterLength)) * BytesOfFloat;

    /// <summary>
    /// Blocks of a worker's shards: with one shard the gradient is the contribution; otherwise there is one to compute
    /// in, one to contribute, and one for each level of the tree below that must wait.
    /// </summary>
    private static int GradientBlocks(int shards) =>
        shards == 1 ? 1 : 2 + BitOperations.Log2((uint)(shards - 1));
}
