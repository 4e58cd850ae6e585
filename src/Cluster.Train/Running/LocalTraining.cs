using System.Diagnostics;
using Akka.Actor;
using Cluster.Train.Actors;
using Cluster.Train.Checkpoints;
using Cluster.Train.Coordination;
using Cluster.Train.Machine;
using Cluster.Train.Members;
using Cluster.Train.Membership;
using Cluster.Train.Native;
using Cluster.Train.Telemetry;
using Cluster.Train.Training;

namespace Cluster.Train.Running;

/// <summary>A run with coordinator and workers in this process.</summary>
public sealed record TrainingOptions
{
    /// <summary>The task.</summary>
    public required ITrainingTask Task { get; init; }

    /// <summary>The job.</summary>
    public required JobDefinition Definition { get; init; }

    /// <summary>What <c>--data</c> names; null where it was not given.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>Workers, each with its own compute thread.</summary>
    public required int Workers { get; init; }

    /// <summary>How the parameters are owned.</summary>
    public Topology Topology { get; init; } = Topology.Auto;

    /// <summary>The device of each worker in turn: cpu, cuda or cuda:N.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Where checkpoints go; null for none.</summary>
    public string? CheckpointDirectory { get; init; }

    /// <summary>A checkpoint every so many steps, besides the one at the end; null: at the end of each epoch.</summary>
    public long? CheckpointEvery { get; init; }

    /// <summary>How many checkpoints are kept.</summary>
    public int Keep { get; init; } = 3;

    /// <summary>Goes on from the newest checkpoint in <see cref="CheckpointDirectory"/>.</summary>
    public bool Resume { get; init; }

    /// <summary>The file that gets a line for each step; null for none. After a resume it is continued.</summary>
    public string? Journal { get; init; }

    /// <summary>A hash of the parameters in the journal every so many steps, besides those of checkpoints; null: at the end of each epoch.</summary>
    public long? JournalHashEvery { get; init; }

    /// <summary>How long a step may take before whoever it waits for counts as hanging.</summary>
    public TimeSpan StepTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long the workers may take to open data and model.</summary>
    public TimeSpan JoinTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>What the actors log on standard error.</summary>
    public LogDetail LogLevel { get; init; } = LogDetail.Warning;

    /// <summary>A task's run with its own settings, on the processor.</summary>
    /// <param name="task">The task.</param>
    /// <param name="workers">Workers, and so shards of the job: they share each batch.</param>
    /// <exception cref="BadInputException">A default of the task's own options is none of its values.</exception>
    public static TrainingOptions For(ITrainingTask task, int workers = 1) => new()
    {
        Task = task,
        Definition = JobDefinition.For(task) with { Shards = workers },
        Workers = workers,
        LogLevel = LogDetail.Error,
    };

    /// <summary>Is told the outcome while what the members hold is still there; null for nobody.</summary>
    internal Action<ProcessContext, JobOutcome>? Ended { get; init; }

    /// <summary>Sees the state after each step; null for nobody.</summary>
    internal IStateWatch? Watch { get; init; }

    /// <summary>Takes the phases of the workers' steps, for a trace; null for nobody.</summary>
    public IStepSpans? Spans { get; init; }

    /// <summary>How much of the evaluation data is evaluated; null for all.</summary>
    internal EvaluationLimit? EvaluationLimit { get; init; }
}

/// <summary>Runs a job with coordinator and workers as actors of one process.</summary>
public static class LocalTraining
{
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Trains to the end, or until stopped.</summary>
    /// <param name="options">What to run.</param>
    /// <param name="observer">Is told how it goes.</param>
    /// <param name="stop">Ends the run at the next step boundary, with a checkpoint if there is a place for one.</param>
    /// <exception cref="BadInputException">The data, the checkpoint, the journal or a setting cannot be used.</exception>
    /// <exception cref="TrainingFaultException">The run could not go on.</exception>
    public static async Task<JobOutcome> RunAsync(TrainingOptions options, IJobObserver observer, CancellationToken stop)
    {
        Validate(options);
        ThreadBudget.Check(options.Workers, options.Definition.Threads, Process.GetCurrentProcess().Threads.Count, ProcessLimits.Threads());
        NativeEnvironment.Prepare(options.Definition.Portable);
        var store = RunParts.OwnStore(options);
        var process = RunParts.Process(options);
        await using var services = RunParts.Services(options, process, observer, store, options.Resume);
        services.Journal?.EnsureUsable(append: options.Resume);
        return await RunCrewAsync(options, RunParts.SettingsOfOneProcess(options), process, services, stop).ConfigureAwait(false);
    }

    /// <summary>Runs coordinator and workers over services that the caller made, and keeps.</summary>
    internal static async Task<JobOutcome> RunCrewAsync(
        TrainingOptions options, CoordinatorSettings settings, ProcessContext process, ICoordinatorServices services, CancellationToken stop)
    {
        using var system = ActorSystems.CreateLocal(options.LogLevel);
        var completion = new TaskCompletionSource<JobOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        var coordinator = system.ActorOf(
            CoordinatorActor.Props(settings, services, completion).WithDispatcher(ActorSystems.Dispatcher), "coordinator");
        var runtimes = Enumerable.Range(1, options.Workers)
            .Select(number => StartWorker(system, coordinator, process, options, number))
            .ToArray();
        await using (stop.Register(() => coordinator.Tell(CoordinatorActor.StopJob)).ConfigureAwait(false))
        {
            try
            {
                var outcome = await completion.Task.ConfigureAwait(false);
                options.Ended?.Invoke(process, outcome);
                return outcome;
            }
            finally
            {
                await system.Terminate().ConfigureAwait(false);
                await EndAsync(runtimes).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Waits until the workers' threads have freed what they hold, so that a program can go on or exit in good order.</summary>
    private static async Task EndAsync(IEnumerable<ReplicaRuntime> runtimes)
    {
        try
        {
            await Task.WhenAll(runtimes.Select(runtime => runtime.DisposeAsync().AsTask())).WaitAsync(EndTimeout).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // A task that hangs keeps its thread, which does not keep the process; why the run ended is said already.
        }
    }

    /// <summary>Refuses what no run can be made of.</summary>
    internal static void Validate(TrainingOptions options)
    {
        if (options.Workers > options.Definition.Shards)
        {
            throw new BadInputException(
                Invariant($"--workers is {options.Workers}, --shards only {options.Definition.Shards}: a worker needs a shard; raise --shards or lower --workers"));
        }
    }

    /// <summary>Opens data and model, and says how much memory a run would take.</summary>
    /// <param name="options">The run.</param>
    /// <exception cref="BadInputException">The data or a setting cannot be used, or the run takes more than there is.</exception>
    public static async Task<string> DescribeMemoryAsync(TrainingOptions options)
    {
        Validate(options);
        NativeEnvironment.Prepare(options.Definition.Portable);
        using var thread = new ComputeThread("memory", options.Definition.Threads, options.Definition.Portable);
        return await thread.RunAsync(() =>
        {
            var data = TaskDataOpener.Open(options.Task, options.Definition, options.DataDirectory);
            using var replica = ModelReplica.Create(options.Task, options.Definition, data.Own, DeviceSpec.Parse(options.Device));
            return MemoryNotice.Describe(new MemoryShare(options.Definition, replica.Layout, options.Workers, HoldsAll: true), ProcessLimits.Memory());
        }).ConfigureAwait(false);
    }

    private static ReplicaRuntime StartWorker(
        ActorSystem system, IActorRef coordinator, ProcessContext process, TrainingOptions options, int number)
    {
        var (identity, runtime) = RunParts.Worker(Invariant($"worker-{number}"), [options.Task], _ => process, options.Device);
        var ended = new TaskCompletionSource<WorkerOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        system.ActorOf(
            WorkerActor.Props(identity, coordinator, runtime, options.JoinTimeout, ended).WithDispatcher(ActorSystems.Dispatcher), identity.Name);
        return runtime;
    }

    /// <summary>Evaluates the parameters of a checkpoint, without training.</summary>
    /// <param name="task">The task.</param>
    /// <param name="checkpoint">A checkpoint's directory, or a directory of checkpoints (then its newest).</param>
    /// <param name="dataDirectory">What <c>--data</c> names; null where it was not given.</param>
    /// <param name="device">cpu, cuda or cuda:N.</param>
    /// <exception cref="BadInputException">The checkpoint or the data cannot be used.</exception>
    public static Task<EvaluationResult> EvaluateAsync(ITrainingTask task, string checkpoint, string? dataDirectory, string device) =>
        EvaluateAsync(task, checkpoint, dataDirectory, device, workers: 1, CancellationToken.None);

    /// <summary>The same, by several workers.</summary>
    /// <param name="task">The task.</param>
    /// <param name="checkpoint">A checkpoint's directory, or a directory of checkpoints (then its newest).</param>
    /// <param name="dataDirectory">What <c>--data</c> names; null where it was not given.</param>
    /// <param name="device">cpu, cuda or cuda:N.</param>
    /// <param name="workers">Copies of the model that compute side by side, each on its own thread. The result does not depend on their number, to the last bit.</param>
    /// <param name="stop">Ends it after the batches that are being computed.</param>
    /// <exception cref="BadInputException">The checkpoint or the data cannot be used.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static Task<EvaluationResult> EvaluateAsync(ITrainingTask task, string checkpoint, string? dataDirectory, string device, int workers, CancellationToken stop = default) =>
        EvaluatedAsync(task, checkpoint, dataDirectory, device, workers, isNew: false, stop);

    /// <summary>Evaluates the parameters of a checkpoint with all of the task's new samples, which have targets (<see cref="ITrainingTask.OpenNewLabelledData"/>).</summary>
    /// <inheritdoc cref="EvaluateAsync(ITrainingTask, string, string?, string, int, CancellationToken)"/>
    public static Task<EvaluationResult> EvaluateNewAsync(ITrainingTask task, string checkpoint, string? dataDirectory, string device, int workers = 1, CancellationToken stop = default) =>
        EvaluatedAsync(task, checkpoint, dataDirectory, device, workers, isNew: true, stop);

    private static async Task<EvaluationResult> EvaluatedAsync(
        ITrainingTask task, string checkpoint, string? dataDirectory, string device, int workers, bool isNew, CancellationToken stop)
    {
        using var loaded = CheckpointFinder.Load(checkpoint, out _);
        var evaluator = new CheckpointEvaluator(task, loaded, dataDirectory, DeviceSpec.Parse(device), isNew);
        NativeEnvironment.Prepare(evaluator.Definition.Portable);
        return await evaluator.RunAsync(workers, stop).ConfigureAwait(false);
    }
}
