using Cluster.Train.Training;

namespace Cluster.Train.Checkpoints;

/// <summary>How a job begins, by what lies in its checkpoint directory.</summary>
internal enum ResumeVerdict
{
    /// <summary>There is nothing: at the beginning.</summary>
    Begin,

    /// <summary>From the newest checkpoint.</summary>
    GoOn,

    /// <summary>Not at all: the newest checkpoint is the job's end.</summary>
    NothingLeft,

    /// <summary>
    /// The checkpoints are of this job, but the run was not told to go on: only workers that had a part in it could say
    /// that it is the same run, whose coordinator was lost.
    /// </summary>
    AskWorkers,
}

/// <summary>What a run makes of the checkpoints that it finds, before there is a model or a worker. Pure.</summary>
internal static class ResumeDecision
{
    /// <summary>Decides.</summary>
    /// <param name="directory">Where the checkpoints are, as messages name it.</param>
    /// <param name="newest">The newest usable checkpoint; null for none.</param>
    /// <param name="definition">The job.</param>
    /// <param name="goesOn">Whether the run is to go on from it: by the user's word, or because it succeeds another coordinator.</param>
    /// <exception cref="BadInputException">The checkpoint is of another job, or beyond this one's end; says in what they differ.</exception>
    public static ResumeVerdict Decide(string directory, CheckpointManifest? newest, JobDefinition definition, bool goesOn)
    {
        if (newest is null)
        {
            return ResumeVerdict.Begin;
        }

        if (!goesOn)
        {
            return CheckpointCompatibility.Differences(definition.WithDefaults(newest.Job), definition.Canonical()).FirstOrDefault() is not { } other
                ? ResumeVerdict.AskWorkers
                : throw new BadInputException(
                    $"--checkpoint-dir {directory} holds checkpoints of another job already, the newest is {newest.DirectoryName} ({other.Name} {other.Checkpoint ?? "not set"}, this job has {other.Job ?? "none"}); give another directory");
        }

        CheckpointCompatibility.CheckJob(newest with { Job = definition.WithDefaults(newest.Job) }, definition.Canonical());
        var total = definition.Length.TotalSteps(newest.StepsPerEpoch);
        if (newest.Step > total)
        {
            throw new BadInputException(
                Invariant($"checkpoint {newest.DirectoryName} is beyond this job's end, which is step {total}: give more --epochs or --steps to go on from it, or another --checkpoint-dir"));
        }

        return newest.Step == total || newest.Watch?.State.StopStep == newest.Step ? ResumeVerdict.NothingLeft : ResumeVerdict.GoOn;
    }
}
