using Cluster.Train.Checkpoints;
using Cluster.Train.Hosting.CommandLine;
using Cluster.Train.Training;

namespace Cluster.Train.Hosting.Verbs;

/// <summary>
/// The job that <c>--resume</c> goes on with: whatever of it the user does not give is what the checkpoint says, so that
/// nobody has to type a job twice, and a crew of another size goes on with the same shards.
/// </summary>
/// <param name="Checkpoint">The checkpoint.</param>
/// <param name="Definition">Its job.</param>
internal sealed record ResumedJob(CheckpointInfo Checkpoint, JobDefinition Definition)
{
    /// <summary>The job of the newest checkpoint in <c>--checkpoint-dir</c>.</summary>
    /// <returns>Null where the run is not to go on, or there is no checkpoint yet.</returns>
    /// <exception cref="BadInputException">It is of another task, or of a version that this one cannot read.</exception>
    public static ResumedJob? Find(OptionValues values)
    {
        if (Newest(values) is not { } newest) return null;
        if (newest.Task != values.Task.Name)
        {
            throw new BadInputException(
                $"{values.Source(RunOptions.CheckpointDirectory)} {values.Get(RunOptions.CheckpointDirectory)} holds checkpoints of task '{newest.Task}', the newest is {newest.Name}, and this job's task is '{values.Task.Name}': name that task, or give another --checkpoint-dir");
        }

        return new ResumedJob(newest, newest.JobOf(values.Task));
    }

    /// <summary>The task of that job, for a command line that names none.</summary>
    /// <returns>Null where there is no such job, or its task is none of these.</returns>
    public static ITrainingTask? TaskOf(OptionValues values, IReadOnlyList<ITrainingTask> tasks) =>
        Newest(values) is { } newest ? tasks.FirstOrDefault(task => task.Name == newest.Task) : null;

    /// <summary>Refuses what was given and differs from the checkpoint, by the name under which it was given.</summary>
    /// <param name="values">The options.</param>
    /// <param name="definition">The job that was made of options and checkpoint.</param>
    /// <exception cref="BadInputException">An option that differs, with both values.</exception>
    public void RefuseOthers(OptionValues values, JobDefinition definition)
    {
        foreach (var difference in Checkpoint.DifferencesFrom(definition))
        {
            if (OptionOf(values, difference.Name) is { } option)
            {
                throw new BadInputException(
                    $"{values.Source(option)} is {Text(difference.Job, option)}, but checkpoint {Checkpoint.Name} was trained with {Text(difference.Checkpoint, option)}: leave it out to go on from that, or give another --checkpoint-dir");
            }
        }
    }

    private static CheckpointInfo? Newest(OptionValues values) =>
        values.Get(RunOptions.Resume) && values.GetIfGiven(RunOptions.CheckpointDirectory) is { Length: > 0 } directory
            ? CheckpointInfo.NewestIn(directory)
            : null;

    /// <summary>The option that gave a field its value; null where none was given.</summary>
    private static OptionSpec? OptionOf(OptionValues values, string field)
    {
        IEnumerable<OptionSpec> candidates = field == "length"
            ? [JobOptions.Epochs, JobOptions.Steps]
            : [.. JobOptions.All.Append(RunOptions.Device).Concat(TaskOptions.Of(values.Task)).Where(option => option.Name == "--" + field)];
        return candidates.FirstOrDefault(values.IsGiven);
    }

    private static string Text(string? value, OptionSpec option) => value switch
    {
        null => "no such setting",
        "yes" or "True" when option.IsFlag => "on",
        "no" or "False" when option.IsFlag => "off",
        _ => value,
    };
}
