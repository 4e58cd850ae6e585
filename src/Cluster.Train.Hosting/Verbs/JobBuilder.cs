using Cluster.Train.Hosting.CommandLine;
using Cluster.Train.Hosting.Display;
using Cluster.Train.Hosting.Results;
using Cluster.Train.Reduction;
using Cluster.Train.Running;
using Cluster.Train.Training;

namespace Cluster.Train.Hosting.Verbs;

/// <summary>Makes a job's definition of options and the task's defaults. Used by every verb that starts a job.</summary>
internal static class JobBuilder
{
    /// <summary>Checks the options against each other and puts the job together.</summary>
    /// <param name="values">The options.</param>
    /// <param name="workers">Workers that the job begins with: the number of shards where none is given.</param>
    /// <param name="resumed">The job that is gone on with: gives what the options do not; null for a new one.</param>
    /// <exception cref="BadInputException">A value that cannot be used, alone or with another.</exception>
    public static JobDefinition Build(OptionValues values, int workers, ResumedJob? resumed = null)
    {
        var former = resumed?.Definition;
        var shards = Shards(values, workers, former);
        if (workers > shards && former is null)
        {
            throw new BadInputException(
                Invariant($"{values.Source(RunOptions.Workers)} is {workers}, but {values.Source(JobOptions.Shards)} is {shards} and a worker without a shard has nothing to do: raise --shards or lower --workers"));
        }

        var batch = Or(values, JobOptions.BatchSize, former?.BatchSize ?? values.Get(JobOptions.BatchSize));
        if (batch < shards)
        {
            throw new BadInputException(
                Invariant($"{values.Source(JobOptions.BatchSize)} is {batch}, too few samples for {shards} shards: raise --batch-size to {shards} or more, or lower --shards"));
        }

        var schedule = Or(values, JobOptions.Schedule, former?.Schedule ?? values.Get(JobOptions.Schedule));
        var definition = new JobDefinition
        {
            Task = values.Task.Name,
            Settings = TaskOptions.Settings(values, former?.Settings),
            Seed = Or(values, JobOptions.Seed, former?.Seed ?? values.Get(JobOptions.Seed)),
            Shards = shards,
            BatchSize = batch,
            Tail = Or(values, JobOptions.Tail, former?.Tail ?? values.Get(JobOptions.Tail)),
            SampleOrder = Or(values, JobOptions.SampleOrder, former?.SampleOrder ?? values.Get(JobOptions.SampleOrder)),
            Optimizer = Optimizer(values, former?.Optimizer ?? values.Task.Defaults.Optimizer),
            Schedule = schedule,
            ClipNorm = values.IsGiven(JobOptions.ClipNorm) ? values.Get(JobOptions.ClipNorm) : former?.ClipNorm,
            Watch = WatchBuilder.Build(values, former, schedule),
            EvaluateEvery = Or(values, JobOptions.EvaluateEvery, former?.EvaluateEvery ?? values.Get(JobOptions.EvaluateEvery)),
            Ema = values.IsGiven(JobOptions.Ema) ? values.Get(JobOptions.Ema) : former?.Ema,
            NoDecay = values.GetIfGiven(JobOptions.NoDecay) ?? former?.NoDecay ?? "",
            Init = Init(values, former?.Init),
            Freeze = Or(values, JobOptions.Freeze, former?.Freeze ?? NamePatterns.None),
            Threads = Or(values, JobOptions.Threads, former?.Threads ?? values.Get(JobOptions.Threads)),
            Precision = Or(values, JobOptions.Precision, former?.Precision ?? values.Get(JobOptions.Precision)),
            Portable = Or(values, JobOptions.Portable, former?.Portable ?? values.Get(JobOptions.Portable)),
            Device = Device(values, former) == "cpu" ? DeviceKind.Cpu : DeviceKind.Cuda,
            Length = Length(values, former?.Length),
        };
        resumed?.RefuseOthers(values, definition);
        if (definition is { Portable: true, Precision: not Precision.Float32 })
        {
            throw new BadInputException($"{values.Source(JobOptions.Portable)} and {values.Source(JobOptions.Precision)} {Precisions.Name(definition.Precision)} exclude each other: {Precisions.NotPortable}");
        }

        return definition;
    }

    /// <summary>Checks the options of a run, the job's and those of its checkpoints, and puts them together.</summary>
    /// <param name="values">The options.</param>
    /// <param name="workers">Workers that the job begins with.</param>
    /// <param name="joinTimeout">How long it waits for them.</param>
    /// <exception cref="BadInputException">A value that cannot be used, alone or with another.</exception>
    public static TrainingOptions Training(OptionValues values, int workers, TimeSpan joinTimeout)
    {
        var resumed = ResumedJob.Find(values);
        var definition = Build(values, workers, resumed);
        var checkpoints = values.GetIfGiven(RunOptions.CheckpointDirectory);
        if (checkpoints is null)
        {
            if (definition.Watch is { KeepBest: true })
            {
                throw new BadInputException($"{values.Source(JobOptions.KeepBest)} needs --checkpoint-dir DIR, where the checkpoints are");
            }

            foreach (var option in new OptionSpec[] { RunOptions.CheckpointEvery, RunOptions.Keep, RunOptions.Resume })
            {
                if (values.IsGiven(option)) throw new BadInputException($"{values.Source(option)} needs --checkpoint-dir DIR, where the checkpoints are");
            }
        }
        else
        {
            OutputFile.ProbeDirectory(checkpoints, values.Source(RunOptions.CheckpointDirectory));
        }

        return new TrainingOptions
        {
            Task = values.Task,
            Definition = definition,
            DataDirectory = DataPath.Of(values),
            // A crew that is larger than the job it goes on with: a worker without a shard has nothing to do.
            Workers = Math.Min(workers, definition.Shards),
            Topology = values.Get(RunOptions.Topology),
            Device = Device(values, resumed?.Definition),
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

    private static int Shards(OptionValues values, int workers, JobDefinition? former)
    {
        if (!values.IsGiven(JobOptions.Accumulate))
        {
            return Or(values, JobOptions.Shards, former?.Shards ?? workers);
        }

        var (source, times) = (values.Source(JobOptions.Accumulate), values.Get(JobOptions.Accumulate));
        if (values.IsGiven(JobOptions.Shards))
        {
            throw new BadInputException($"{source} and {values.Source(JobOptions.Shards)} both say into how many pieces a batch is cut: give one of them");
        }

        var shards = (long)times * workers;
        if (former is { Shards: var before } && before != shards)
        {
            throw new BadInputException(Invariant($"{source} {times} with {Figures.Count(workers, "worker")} makes {shards} shards, but the checkpoint's job has {before}: leave it out to go on from that, or give another --checkpoint-dir"));
        }

        return shards <= 65_536
            ? (int)shards
            : throw new BadInputException(Invariant($"{source} {times} with {workers} workers makes {shards} shards, at most 65,536 can be: lower it"));
    }

    private static InitialWeights? Init(OptionValues values, InitialWeights? former)
    {
        if (!values.IsGiven(JobOptions.Init) && former is null)
        {
            return new OptionSpec[] { JobOptions.InitMap, JobOptions.InitSkip }.FirstOrDefault(values.IsGiven) is { } alone
                ? throw new BadInputException($"{values.Source(alone)} needs --init PATH, whose names it is about")
                : null;
        }

        var path = values.GetIfGiven(JobOptions.Init);
        if (path is not null && !Path.Exists(path))
        {
            throw new BadInputException($"{values.Source(JobOptions.Init)} is '{path}', but there is no such file or folder: give {JobOptions.Init.Needs}");
        }

        var map = Or(values, JobOptions.InitMap, former?.Map ?? NamePrefixes.None);
        var skip = Or(values, JobOptions.InitSkip, former?.Skip ?? NamePatterns.None);
        return (path is null ? former! : InitialWeights.FromFile(path)) with { Map = map, Skip = skip };
    }

    private static string Device(OptionValues values, JobDefinition? former) =>
        Or(values, RunOptions.Device, former?.Device switch { null => values.Get(RunOptions.Device), DeviceKind.Cpu => "cpu", _ => "cuda" });

    private static RunLength Length(OptionValues values, RunLength? former)
    {
        // One word on the command line outranks the other word in the environment.
        var steps = values.IsGiven(JobOptions.Steps) && !(values.IsOnCommandLine(JobOptions.Epochs) && !values.IsOnCommandLine(JobOptions.Steps));
        var epochs = values.IsGiven(JobOptions.Epochs) && !(values.IsOnCommandLine(JobOptions.Steps) && !values.IsOnCommandLine(JobOptions.Epochs));
        if (steps && epochs)
        {
            throw new BadInputException($"{values.Source(JobOptions.Epochs)} and {values.Source(JobOptions.Steps)} both say how long to train: give one of them");
        }

        return steps ? new RunLength(null, values.Get(JobOptions.Steps))
            : !epochs && former is { } before ? before
            : !epochs && values.Task.Defaults.Steps is { } ownSteps ? new RunLength(null, ownSteps)
            : new RunLength(values.Get(JobOptions.Epochs), null);
    }

    /// <param name="values">The options.</param>
    /// <param name="own">The rule where none is given, and its numbers where these are not: the task's own, or the checkpoint's.</param>
    private static OptimizerSettings Optimizer(OptionValues values, OptimizerSettings own)
    {
        var name = Or(values, JobOptions.Optimizer, own.Name);
        var start = name == own.Name ? own : OptimizerSettings.Named(name);
        if (JobOptions.OfSomeOptimizers.FirstOrDefault(option => values.IsGiven(option) && !start.Numbers.Contains(option.Name.TrimStart('-'))) is { } foreign)
        {
            throw new BadInputException($"{values.Source(foreign)} belongs to {RulesWith(foreign.Name.TrimStart('-'))}, but the optimizer is {name}: leave it out, or give another --optimizer");
        }

        if (start.IsOwn && !own.IsOwn)
        {
            throw new BadInputException($"{values.Source(JobOptions.Optimizer)} is {name}, but task '{values.Task.Name}' names no update rule of its own in its Defaults: give another");
        }

        var settings = start with
        {
            LearningRate = Or(values, JobOptions.LearningRate, start.LearningRate),
            Momentum = Or(values, JobOptions.Momentum, start.Momentum),
            Dampening = Or(values, JobOptions.Dampening, start.Dampening),
            Nesterov = Or(values, JobOptions.Nesterov, start.Nesterov),
            WeightDecay = Or(values, JobOptions.WeightDecay, start.WeightDecay),
            Maximize = Or(values, JobOptions.Maximize, start.Maximize),
            Beta1 = Or(values, JobOptions.Beta1, start.Beta1),
            Beta2 = Or(values, JobOptions.Beta2, start.Beta2),
            Epsilon = Or(values, JobOptions.Epsilon, start.Epsilon),
            Alpha = Or(values, JobOptions.Alpha, start.Alpha),
            Centered = Or(values, JobOptions.Centered, start.Centered),
            LearningRateDecay = Or(values, JobOptions.LearningRateDecay, start.LearningRateDecay),
            InitialAccumulator = Or(values, JobOptions.InitialAccumulator, start.InitialAccumulator),
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

    private static string RulesWith(string number)
    {
        string[] names = [.. OptimizerSettings.Names.Where(name => OptimizerSettings.Named(name).Numbers.Contains(number))];
        return names.Length == 1 ? names[0] : $"{string.Join(", ", names[..^1])} and {names[^1]}";
    }

    private static T Or<T>(OptionValues values, OptionSpec<T> option, T otherwise) => values.IsGiven(option) ? values.Get(option) : otherwise;
}
