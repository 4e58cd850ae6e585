using Cluster.Train.Membership;
using Cluster.Train.Training;
using Cluster.Train.Training.Numerics;

namespace Cluster.Train.Coordination;

/// <summary>Whether a replica may take part in a job. Pure.</summary>
internal static class JoinCheck
{
    /// <summary>Compares all but the tensors of a replica with the job, and with the one that the job began with.</summary>
    /// <param name="job">Hash of the job's definition.</param>
    /// <param name="build">The coordinator's own build.</param>
    /// <param name="reference">The first replica that joined; null for the first itself.</param>
    /// <param name="candidate">The replica that asks.</param>
    /// <returns>Null where it may join, otherwise the reason in one line, which names the field that differs.</returns>
    public static string? Refusal(string job, string build, ReplicaDescription? reference, ReplicaDescription candidate)
    {
        if (candidate.JobHash != job)
        {
            return Differs("job definition", job, candidate.JobHash, "restart the worker");
        }

        if (candidate.Build != build)
        {
            return BuildContrast.Describe(build, candidate.Build);
        }

        if (reference is null)
        {
            return null;
        }

        // Before what is read is compared: reading may compute, too.
        if (reference.Numerics != candidate.Numerics)
        {
            return $"numerics differ in {NumericsClass.Differences(reference.Numerics, candidate.Numerics)}: the job is computed on {reference.Processor}, this worker has {candidate.Processor}, "
                + (reference.Device == "cpu" ? "and its bits would be others; start the job with --portable, or use machines of one kind" : "and its bits would be others; use GPUs of one model");
        }

        (string Field, string Ours, string Theirs, string Mend)[] fields =
        [
            ("training data (samples)", Invariant($"{reference.TrainingSamples}"), Invariant($"{candidate.TrainingSamples}"), "give every worker the same files"),
            ("evaluation data (samples)", Invariant($"{reference.EvaluationSamples}"), Invariant($"{candidate.EvaluationSamples}"), "give every worker the same files"),
            ("data fingerprint", reference.DataFingerprint, candidate.DataFingerprint, "give every worker the same files"),
            ("content of samples as they are read", reference.SampleDigest, candidate.SampleDigest,
                $"the data says it is the same, so {ReadProbe.Mend}"),
        ];
        foreach (var (field, ours, theirs, mend) in fields)
        {
            if (ours != theirs)
            {
                return Differs(field, ours, theirs, mend);
            }
        }

        return null;
    }

    /// <summary>The refusal of a replica whose tensors show no difference, though their hashes differ.</summary>
    internal static string HashesDiffer(string ours, string theirs) =>
        Differs("hash of layout and initial values", ours, theirs, "run the same build of the task everywhere");

    private static string Differs(string field, string ours, string theirs, string mend)
    {
        var (left, right) = Contrast.Of(ours, theirs);
        return $"{field} differs: the job has {left}, this worker has {right}; {mend}";
    }
}
