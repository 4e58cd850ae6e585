using Cluster.Train.Actors;
using Cluster.Train.Hosting.CommandLine;
using Cluster.Train.Hosting.Results;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Hosting.Verbs;

/// <summary>Makes a job's definition of options and the task's defaults. Used by every verb that starts a job.</summary>
internal static class JobBuilder
{
    /// <summary>Checks the options against each other and puts the job together.</summary>
    /// <param name="values">The options.</param>
    /// <param name="workers">Workers that the job begins with: the number of shards where none is given.</param>
    /// <exception cref="BadInputException">A value that cannot be used, alone or with another.</exception>
    public static JobDefinition Build(OptionValues values, int workers)
    {
        var shards = values.IsGiven(JobOptions.Shards) ? values.Get(JobOptions.Shards) : workers;
        if (workers > shards)
        {
            throw new BadInputException(
                Invariant($"{values.Source(RunOptions.Workers)} is {workers}, but {values.Source(JobOptions.Shards)} is {shards} and a worker without a shard has nothing to do: raise --shards or lower --workers"));
        }

        var batch = values.Get(JobOptions.BatchSize);
        if (batch < shards)
        {
            throw new BadInputException(
                Invariant($"{values.Source(JobOptions.BatchSize)} is {batch}, too few samples for {shards} shards: raise --batch-size to {shards} or more, or lower --shards"));
        }

        return new JobDefinition
        {
            Task = values.Task.Name,
            Settings = TaskOptions.Settings(values),
            Seed = values.Get(JobOptions.Seed),
            Shards = shards,
            BatchSize = batch,
            Tail = values.Get(JobOptions.Tail),
            Optimizer = Optimizer(values),
            Schedule = values.Get(JobOptions.Schedule),
            ClipNorm = values.IsGiven(JobOptions.ClipNorm) ? values.Get(JobOptions.ClipNorm) : null,
            Threads = values.Get(JobOptions.Threads),
            Portable = values.Get(JobOptions.Portable),
            Device = values.Get(RunOptions.Device) == "cpu" ? DeviceKind.Cpu : DeviceKind.Cuda,
            Length = Length(values),
        };
    }

    /// <summary>Checks the options of a run, the job's and those of its checkpoints, and puts them together.</summary>
    /// <param name="values">The options.</param>
    /// <param name="workers">Workers that the job begins with.</param>
    /// <param name="joinTimeout">How long it waits for them.</param>
    /// <exception cref="BadInputException">A value that cannot be used, alone or with another.</exception>
    public static LocalTrainingOptions Training(OptionValues values, int workers, TimeSpan joinTimeout)
    {
        var definition = Build(values, workers);
        var checkpoints = values.GetIfGiven(RunOptions.CheckpointDirectory);
        if (checkpoints is null)
        {
            foreach (var option in new OptionSpec[] { RunOptions.CheckpointEvery, RunOptions.Keep, RunOptions.Resume })
            {
                if (values.IsGiven(option)) throw new BadInputException($"{values.Source(option)} needs --checkpoint-dir DIR, where the checkpoints are");
            }
        }
        else
        {
            OutputFile.ProbeDirectory(checkpoints, values.Source(RunOptions.CheckpointDirectory));
        }

        return new LocalTrainingOptions
        {
            Task = values.Task,
            Definition = definition,
            DataDirectory = DataPath.Of(values),
            Workers = workers,
            Topology = values.Get(RunOptions.Topology),
            Device = values.Get(RunOptions.Device),
            CheckpointDirectory = checkpoints,
            CheckpointEvery = values.IsGiven(RunOptions.CheckpointEvery) ? values.Get(RunOptions.CheckpointEvery) : null,
            Keep = values.Get(RunOptions.Keep),
            Resume = values.Get(RunOptions.Resume),
            Journal = values.GetIfGiven(RunOptions.Journal),
            JournalHashEvery = values.IsGiven(RunOptions.JournalHashEvery) ? values.Get(RunOptions.JournalHashEvery) : null,
            StepTimeout = values.Get(RunOptions.StepTimeout),
            JoinTimeout = joinTimeout,
            LogLevel = values.Get(RunOptions.Log),
        };
    }

    private static RunLength Length(OptionValues values)
    {
        // One word on the command line outranks the other word in the environment.
        var steps = values.IsGiven(JobOptions.Steps) && !(values.IsOnCommandLine(JobOptions.Epochs) && !values.IsOnCommandLine(JobOptions.Steps));
        var epochs = values.IsGiven(JobOptions.Epochs) && !(values.IsOnCommandLine(JobOptions.Steps) && !values.IsOnCommandLine(JobOptions.Epochs));
        if (steps && epochs)
        {
            throw new BadInputException($"{values.Source(JobOptions.Epochs)} and {values.Source(JobOptions.Steps)} both say how long to train: give one of them");
        }

        return steps ? new RunLength(null, values.Get(JobOptions.Steps))
            : !epochs && values.Task.Defaults.Steps is { } ownSteps ? new RunLength(null, ownSteps)
            : new RunLength(values.Get(JobOptions.Epochs), null);
    }

    private static OptimizerSettings Optimizer(OptionValues values)
    {
        var own = values.Task.Defaults.Optimizer;
        var kind = values.Get(JobOptions.Optimizer);
        if (kind == OptimizerKind.AdamW && new OptionSpec[] { JobOptions.Momentum, JobOptions.Dampening, JobOptions.Nesterov }.FirstOrDefault(values.IsGiven) is { } foreign)
        {
            throw new BadInputException($"{values.Source(foreign)} belongs to sgd, but the optimizer is adamw: leave it out, or give --optimizer sgd");
        }

        var start = kind == own.Kind ? own
            : kind == OptimizerKind.Sgd ? OptimizerSettings.Sgd(JobOptions.DefaultSgdRate)
            : OptimizerSettings.AdamW(JobOptions.DefaultAdamWRate);
        var settings = start with
        {
            LearningRate = Or(values, JobOptions.LearningRate, start.LearningRate),
            Momentum = Or(values, JobOptions.Momentum, start.Momentum),
            Dampening = Or(values, JobOptions.Dampening, start.Dampening),
            Nesterov = Or(values, JobOptions.Nesterov, start.Nesterov),
            WeightDecay = Or(values, JobOptions.WeightDecay, start.WeightDecay),
        };
        if (settings.Nesterov && (settings.Momentum <= 0 || settings.Dampening != 0))
        {
            throw new BadInputException(Invariant($"{values.Source(JobOptions.Nesterov)} needs --momentum above 0 and --dampening 0, but they are {settings.Momentum:R} and {settings.Dampening:R}"));
        }

        if (settings.Momentum == 0 && values.IsGiven(JobOptions.Dampening) && settings.Dampening != 0)
        {
            throw new BadInputException($"{values.Source(JobOptions.Dampening)} dampens the momentum, and there is none: give --momentum, too, or leave it out");
        }

        return settings;
    }

    private static T Or<T>(OptionValues values, OptionSpec<T> option, T otherwise) => values.IsGiven(option) ? values.Get(option) : otherwise;
}
