using System.Globalization;
using Cluster.Train.Training;

namespace Cluster.Train.Coordination;

/// <summary>The first tensor in which two models differ. Pure.</summary>
internal static class TensorContrast
{
    /// <summary>Compares two models as far as both are known.</summary>
    /// <param name="job">The job's tensors, all of them.</param>
    /// <param name="worker">A worker's tensors, from the first one on.</param>
    /// <param name="workerTotal">How many the worker has.</param>
    /// <returns>Null where what is known agrees, otherwise the reason in one line, which names the tensor.</returns>
    public static string? Describe(IReadOnlyList<InitialTensor> job, IReadOnlyList<InitialTensor> worker, int workerTotal)
    {
        for (var index = 0; index < Math.Min(job.Count, worker.Count); index++)
        {
            var (ours, theirs) = (job[index], worker[index]);
            if (Layout(ours.Entry, theirs.Entry) is { } layout)
            {
                return layout;
            }

            if (ours.Checksum != theirs.Checksum)
            {
                return $"initial values differ: {Kind(ours.Entry.Role)} '{ours.Entry.Name}' starts from other values here than in the job; "
                    + "CreateModel must make the same on every worker (give all the same files; draw from torch's generator, which is seeded, and from nothing else)";
            }
        }

        return (worker.Count == workerTotal && workerTotal < job.Count, worker.Count > job.Count) switch
        {
            (true, _) => $"parameter layout differs: the job's model has '{job[workerTotal].Entry.Name}', this worker's has not; {Mend}",
            (_, true) => $"parameter layout differs: this worker's model has '{worker[job.Count].Entry.Name}', the job's has not; {Mend}",
            _ => null,
        };
    }

    private const string Mend = "run the same build of the task, with the same data, everywhere";

    private static string? Layout(TensorEntry ours, TensorEntry theirs) => (ours.Name == theirs.Name, ours.Shape.AsSpan().SequenceEqual(theirs.Shape.AsSpan()), ours.Role == theirs.Role) switch
    {
        (false, _, _) => $"parameter layout differs: the job's model has '{ours.Name}' where this worker's has '{theirs.Name}'; {Mend}",
        (_, false, _) => $"parameter layout differs: '{ours.Name}' is {Text(ours)} in the job, {Text(theirs)} in this worker; {Mend}",
        (_, _, false) => $"parameter layout differs: '{ours.Name}' is a {Kind(ours.Role)} in the job, a {Kind(theirs.Role)} in this worker; {Mend}",
        _ when ours.Group != theirs.Group =>
            $"parameter groups differ: '{ours.Name}' is of group '{ours.Group.Canonical()}' in the job, of '{theirs.Group.Canonical()}' in this worker; {Mend}",
        _ => null,
    };

    private static string Text(TensorEntry tensor) => $"[{string.Join(", ", tensor.Shape.Select(extent => extent.ToString(CultureInfo.InvariantCulture)))}]";

    private static string Kind(TensorRole role) => role switch
    {
        TensorRole.Trainable => "parameter",
        TensorRole.Frozen => "frozen parameter",
        TensorRole.FloatBuffer => "buffer",
        _ => "integer buffer",
    };
}
