namespace Cluster.Train.Membership;

/// <summary>Whether a replica may take part in a job. Pure.</summary>
public static class JoinCheck
{
    /// <summary>Compares a replica with the one that the job began with.</summary>
    /// <param name="job">Hash of the job's definition.</param>
    /// <param name="reference">The first replica that joined; null for the first itself.</param>
    /// <param name="candidate">The replica that asks.</param>
    /// <returns>Null where it may join, otherwise the reason in one line, which names the field that differs.</returns>
    public static string? Refusal(string job, ReplicaDescription? reference, ReplicaDescription candidate)
    {
        if (candidate.JobHash != job)
        {
            return Differs("job definition", job, candidate.JobHash, "restart the worker");
        }

        if (reference is null)
        {
            return null;
        }

        (string Field, string Ours, string Theirs, string Mend)[] fields =
        [
            ("build", reference.Build, candidate.Build, "run the same build everywhere"),
            ("training data (samples)", Invariant($"{reference.TrainingSamples}"), Invariant($"{candidate.TrainingSamples}"), "give every worker the same files"),
            ("evaluation data (samples)", Invariant($"{reference.EvaluationSamples}"), Invariant($"{candidate.EvaluationSamples}"), "give every worker the same files"),
            ("data fingerprint", reference.DataFingerprint, candidate.DataFingerprint, "give every worker the same files"),
            ("parameter layout", reference.LayoutHash, candidate.LayoutHash, "run the same build of the task everywhere"),
            ("vector length", Invariant($"{reference.VectorLength}"), Invariant($"{candidate.VectorLength}"), "run the same build of the task everywhere"),
            ("instruction set", reference.InstructionSet, candidate.InstructionSet, "use --portable, or machines of one kind"),
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

    private static string Differs(string field, string ours, string theirs, string mend) =>
        $"{field} differs: the job has {Short(ours)}, this worker has {Short(theirs)}; {mend}";

    private static string Short(string value) => value.Length > 24 ? value[..16] + "…" : value;
}
