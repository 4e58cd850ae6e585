using System.Collections.Concurrent;
using Cluster.Train.Cli.Tasks;
using Cluster.Train.Faults;
using Cluster.Train.Membership;
using Cluster.Train.Reduction;
using Cluster.Train.Running;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Faults;

/// <summary>A run of a small task with three workers under faults, with timeouts as short as a busy machine bears.</summary>
internal sealed record FaultyRun : IJobObserver
{
    internal const int Steps = 60;

    /// <summary>No run takes that long: one that does waits forever.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    private readonly ConcurrentQueue<string> _story = new();

    public ITrainingTask Task { get; init; } = new XorTask();

    public Topology Topology { get; init; } = Topology.Sharded;

    public OptimizerSettings Optimizer { get; init; } = OptimizerSettings.AdamW(0.01f);

    public WatchSettings? Watch { get; init; }

    public ScheduleSettings Schedule { get; init; } = ScheduleSettings.Constant;

    public string? Checkpoints { get; init; }

    public FaultyTrainingSettings Settings { get; init; } = new();

    public TimeSpan JoinTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Called with each notice.</summary>
    public Action<string> Noticed { get; init; } = _ => { };

    /// <summary>What was told, a line each.</summary>
    internal string Story => string.Join('\n', _story);

    internal TrainingOptions Options => new()
    {
        Task = Task,
        Definition = new JobDefinition
        {
            Task = Task.Name,
            Seed = 3,
            Shards = 3,
            BatchSize = 32,
            Optimizer = Optimizer,
            Watch = Watch,
            Schedule = Schedule,
            Length = new RunLength(null, Steps),
            Settings = TaskSettings.From(Task.Name, Task.Options, new Dictionary<string, string>()),
        },
        Workers = 3,
        Topology = Topology,
        CheckpointDirectory = Checkpoints,
        StepTimeout = TimeSpan.FromSeconds(4),
        JoinTimeout = JoinTimeout,
    };

    public void OnRoster(RosterFormed roster) =>
        _story.Enqueue($"generation {roster.Generation}: {roster.Workers} workers from step {roster.FirstStep}");

    public void OnProgress(JobProgress progress) => _story.Enqueue($"step {progress.CompletedSteps}");

    public void OnEpoch(EpochResult epoch) => _story.Enqueue($"epoch {epoch.Epoch}: {epoch.Loss:R}");

    public void OnCheckpoint(CheckpointWritten checkpoint) => _story.Enqueue(Invariant($"checkpoint of step {checkpoint.Step}"));

    public void OnRecovery(JobRecovery recovery) =>
        _story.Enqueue(Invariant($"return to step {recovery.Step} after generation {recovery.Generation}, {recovery.ReplayedSteps} replayed"));

    public void OnEnd(JobEnding ending) => _story.Enqueue(Invariant($"end: {ending.Fault ?? ending.Outcome!.ParametersSha256}"));

    public void OnNotice(string notice)
    {
        _story.Enqueue(notice);
        Noticed(notice);
    }

    internal Task<FaultyOutcome> RunAsync(params ReadOnlySpan<PlannedFault> faults) => RunAsync(FaultPlan.Of(faults));

    internal Task<FaultyOutcome> RunAsync(FaultPlan plan, CancellationToken stop = default) =>
        FaultyTraining.RunAsync(Options, plan, Settings, this, stop).WaitAsync(Patience, CancellationToken.None);
}
