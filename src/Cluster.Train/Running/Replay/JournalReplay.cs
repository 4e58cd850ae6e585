using Cluster.Train.Checkpoints;
using Cluster.Train.Journal;
using Cluster.Train.Members;
using Cluster.Train.Native;
using Cluster.Train.Training;

namespace Cluster.Train.Running.Replay;

/// <summary>A replay.</summary>
public sealed record ReplayOptions
{
    /// <summary>The tasks that the program has; the checkpoint or the journal says which it is.</summary>
    public required IReadOnlyList<ITrainingTask> Tasks { get; init; }

    /// <summary>A checkpoint's directory, or a directory of checkpoints (then its oldest); null to begin at step 0.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>The journal.</summary>
    public required string Journal { get; init; }

    /// <summary>What <c>--data</c> names; null where it was not given.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>The file of weights that the job began with, or a checkpoint; needed where it did, and the replay begins at step 0. Null for none.</summary>
    public string? Init { get; init; }

    /// <summary>cpu, cuda or cuda:N; of the job's kind.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>How long a step may take before the worker counts as hanging.</summary>
    public TimeSpan StepTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>What the actors log on standard error.</summary>
    public LogDetail LogLevel { get; init; } = LogDetail.Warning;
}

/// <summary>
/// Computes the steps of a journal again, on one worker of this process, and compares losses and hashes bit by bit.
/// It stops at the first step that differs.
/// </summary>
public static class JournalReplay
{
    private static readonly TimeSpan OpeningTimeout = TimeSpan.FromMinutes(5);

    /// <summary>Replays a journal from a checkpoint, or from the beginning, to the journal's last step.</summary>
    /// <param name="options">What to replay.</param>
    /// <param name="observer">Is told how it goes.</param>
    /// <param name="stop">Ends it early; what was compared until then counts.</param>
    /// <exception cref="BadInputException">Journal or checkpoint cannot be used, or not with each other or with this program's tasks or data.</exception>
    /// <exception cref="TrainingFaultException">The steps could not be computed.</exception>
    public static async Task<ReplayResult> RunAsync(ReplayOptions options, IJobObserver observer, CancellationToken stop)
    {
        var content = JournalContent.Read(options.Journal);
        using var checkpoint = options.Checkpoint is { } directory ? Load(directory) : null;
        var first = checkpoint?.Manifest.Step ?? 0;
        if (checkpoint is not null)
        {
            EnsureSameJob(checkpoint.Manifest, content.Header, options.Journal);
        }

        if (first >= content.LastStep)
        {
            throw new BadInputException(
                first == 0 ? $"journal {options.Journal} has no steps: there is nothing to compute again"
                : Invariant($"checkpoint {checkpoint!.Manifest.DirectoryName} is at step {first}, the journal ends with step {content.LastStep}: there is nothing to compute again; give an earlier checkpoint, or none to begin at step 0"));
        }

        var definition = WithWeights(options, Definition(options, content), first);
        var task = Find(options, content.Header);
        NativeEnvironment.Prepare(definition.Portable);
        var local = new TrainingOptions
        {
            Task = task,
            Definition = definition,
            DataDirectory = options.DataDirectory,
            Workers = 1,
            Device = options.Device,
            StepTimeout = options.StepTimeout,
            JoinTimeout = OpeningTimeout,
            LogLevel = options.LogLevel,
        };
        using var settled = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var plan = BatchPlan.Of(definition, content.Header.Samples);
        var rate = JobSchedule.RateOf(task, definition, plan);
        var comparison = new ReplayComparison(new StepAssembler(plan, rate, doneBefore: 0), content, first, settled.Cancel);
        var process = new ProcessContext(task, definition, options.DataDirectory, options.StepTimeout);
        await using var services = new ReplayServices(process, observer, checkpoint, content.Header, comparison);
        try
        {
            var settings = RunParts.SettingsOfOneProcess(local) with { Hashes = HashPlan.At(comparison.HashSteps) };
            await LocalTraining.RunCrewAsync(local, settings, process, services, settled.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (comparison.Difference is not null)
        {
            // The checkpoint itself is not what the journal says: no step had to be computed.
        }

        return Result(task.Name, first, content, comparison, services.NumericsChange);
    }

    /// <summary>From a directory of checkpoints the oldest is taken: most can be compared from there on.</summary>
    private static LoadedCheckpoint Load(string path)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var steps = CheckpointManifest.StepOf(Path.GetFileName(full)) is null && Directory.Exists(full) ? CheckpointFinder.StepsIn(full) : [];
        return steps.Count > 0 ? LoadedCheckpoint.Open(Path.Combine(full, CheckpointManifest.NameOf(steps[0]))) : CheckpointFinder.Load(path, out _);
    }

    private static void EnsureSameJob(CheckpointManifest manifest, JournalHeader header, string journal)
    {
        if (JobReader.DifferenceOfRuns(manifest.Job, header.Job) is var (name, checkpoint, journalled))
        {
            throw new BadInputException(
                $"journal {journal} is of another job than checkpoint {manifest.DirectoryName}: its {name} is {journalled}, the checkpoint's is {checkpoint}");
        }
    }

    private static ITrainingTask Find(ReplayOptions options, JournalHeader header)
    {
        var name = header.Job.GetValueOrDefault("task", "");
        return options.Tasks.FirstOrDefault(task => task.Name == name) ?? throw new BadInputException(
            $"journal {options.Journal} is of task '{name}', which this program does not have (known: {string.Join(", ", options.Tasks.Select(task => task.Name))})");
    }

    private static JobDefinition Definition(ReplayOptions options, JournalContent content)
    {
        var (source, header) = ($"journal {options.Journal}", content.Header);
        var definition = JobReader.Read(source, Find(options, header), header.Job, header.Length);
        JobReader.Verify(source, definition, header.Job);
        if (DeviceSpec.Parse(options.Device).Kind != definition.Device)
        {
            var kind = definition.Device == DeviceKind.Cpu ? "cpu" : "cuda";
            throw new BadInputException($"--device is '{options.Device}', but the job was computed with {kind}, whose bits are others; give --device {kind}");
        }

        // Where the schedule does not stretch over the run, there is no need to go further than the journal.
        return definition.Schedule.DependsOnLength ? definition : definition with { Length = new RunLength(Epochs: null, content.LastStep) };
    }

    private static JobDefinition WithWeights(ReplayOptions options, JobDefinition definition, long first) => (definition.Init, options.Init) switch
    {
        (null, null) => definition,
        ({ } init, { } path) => definition with { Init = init with { Path = path } },
        ({ } init, null) => first > 0
            ? definition
            : throw new BadInputException($"the job of journal {options.Journal} begins with the weights of a file, whose SHA-256 is {init.Sha256}: give it with --init, or begin with a --checkpoint"),
        (null, { } path) => throw new BadInputException($"--init is '{path}', but the job of journal {options.Journal} begins with its task's own values: leave it out"),
    };

    private static ReplayResult Result(string task, long first, JournalContent content, ReplayComparison comparison, string? numericsChange) => new()
    {
        Task = task,
        FirstStep = first,
        LastStep = content.LastStep,
        Complete = comparison.IsComplete,
        Difference = comparison.Difference,
        AgreedLosses = comparison.AgreedLosses,
        AgreedHashes = comparison.AgreedHashes,
        LastAgreed = comparison.LastAgreed,
        LastAgreedHash = comparison.LastAgreedHash,
        MissingSteps = content.MissingSteps,
        Remark = comparison.Difference is not null ? numericsChange : null,
    };
}
