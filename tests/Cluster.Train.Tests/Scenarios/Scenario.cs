using System.Collections.Concurrent;
using System.Collections.Immutable;
using Cluster.Train.Coordination;
using Cluster.Train.Faults;
using Cluster.Train.Membership;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Scenarios;

/// <summary>A job on a simulated cluster, and what becomes of it.</summary>
internal sealed record Scenario
{
    /// <summary>Nothing may take longer, in virtual time.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromMinutes(20);

    private static readonly ConcurrentDictionary<(int, long, int, bool, WatchSettings?, ScheduleSettings?), JobOutcome> Undisturbed = new();

    /// <summary>Two workers, below which the job waits; nobody replaces one that dies. A checkpoint is written only for want of workers.</summary>
    internal static Scenario NeedsBothWorkers { get; } = new() { Workers = 2, MinWorkers = 2, Restarts = false, Checkpoints = true, CheckpointEvery = 100 };

    internal int Workers { get; init; } = 3;

    internal int MinWorkers { get; init; } = 1;

    internal int MaxWorkers { get; init; } = 4;

    internal int Shards { get; init; } = 4;

    internal long Steps { get; init; } = 24;

    /// <summary>Length of the flat vector: three owners of a block each.</summary>
    internal int Length { get; init; } = (2 * 4096) + 100;

    internal bool Momentum { get; init; } = true;

    internal WatchSettings? Watch { get; init; }

    internal ScheduleSettings? Schedule { get; init; }

    /// <summary>Where evaluations will have reduced the learning rate.</summary>
    internal ImmutableArray<long>? Reductions { get; init; }

    internal Topology Topology { get; init; } = Topology.Sharded;

    internal long? SnapshotEvery { get; init; } = 4;

    internal bool Checkpoints { get; init; }

    internal long? CheckpointEvery { get; init; }

    internal bool Restarts { get; init; } = true;

    internal TimeSpan JoinTimeout { get; init; } = TimeSpan.FromSeconds(40);

    internal FaultPlan Plan { get; init; } = FaultPlan.None;

    internal long Seed { get; init; } = 1;

    /// <summary>What happens besides the plan: is given the cluster before it starts.</summary>
    internal Action<SimulatedCluster>? Play { get; init; }

    internal string[] WorkerNames => [.. Enumerable.Range(1, Workers).Select(number => $"worker-{number}")];

    /// <summary>Runs it to its end, and then until everybody who is there has ended.</summary>
    internal ScenarioResult Run(Stage stage)
    {
        ScenarioResult? result = null;
        Exception? error = null;
        // Continuations run where they are completed only on a thread without a context; and nested turns need some stack.
        var thread = new Thread(
            () =>
            {
                try
                {
                    result = RunOnThread(stage);
                }
                catch (Exception exception)
                {
                    error = exception;
                }
            },
            maxStackSize: 64 << 20);
        thread.Start();
        thread.Join();
        return result ?? throw new InvalidOperationException($"{Plan}: {error!.Message}", error);
    }

    /// <summary>What the same job gives when nothing happens.</summary>
    internal JobOutcome Expected(Stage stage) => Undisturbed.GetOrAdd((Length, Steps, Shards, Momentum, Watch, Schedule), _ =>
    {
        var undisturbed = new Scenario
        {
            Length = Length,
            Steps = Steps,
            Shards = Shards,
            Momentum = Momentum,
            Watch = Watch,
            Schedule = Schedule,
            Reductions = Reductions,
        };
        var outcome = undisturbed.Run(stage).Outcome!;
        Assert.True(outcome.Completed);
        return outcome;
    });

    private ScenarioResult RunOnThread(Stage stage)
    {
        var model = new SimulatedModel(Length, Steps, Shards, Momentum, Watch, Schedule, Reductions);
        var cluster = new SimulatedCluster(stage, model, new FaultInjector(Plan), Seed, Settings) { Restarts = Restarts };
        var start = stage.Clock.MonotonicClock;
        try
        {
            cluster.StartCoordinator();
            foreach (var name in WorkerNames)
            {
                cluster.StartWorker(name);
            }

            Play?.Invoke(cluster);
            var ended = RunUntil(cluster, start + Longest, () => cluster.Ended is { IsCompleted: true });
            var took = stage.Clock.MonotonicClock - start;
            var idle = ended && RunUntil(cluster, start + Longest, () => cluster.Workers.All(run => run.Ended.IsCompleted || !run.Process.Responds));
            return new ScenarioResult(
                ended && cluster.Ended!.IsCompletedSuccessfully ? cluster.Ended.Result : null,
                ended ? cluster.Ended!.Exception?.InnerException : null,
                ended, idle, took, cluster);
        }
        finally
        {
            stage.Clear();
        }
    }

    private static bool RunUntil(SimulatedCluster cluster, TimeSpan end, Func<bool> done)
    {
        while (!done())
        {
            if (!cluster.Clock.RunNext(end))
            {
                return false;
            }

            if (cluster.StageError is { } error)
            {
                throw new InvalidOperationException($"an actor failed: {error}", error);
            }
        }

        return true;
    }

    private CoordinatorSettings Settings(SimulatedModel model) => new()
    {
        Definition = model.Definition,
        Workers = Workers,
        MinWorkers = MinWorkers,
        MaxWorkers = MaxWorkers,
        Topology = Topology,
        MemberLoss = MemberLoss.IsRecovered,
        KeepsCheckpoints = Checkpoints,
        CheckpointEvery = CheckpointEvery,
        SnapshotEvery = SnapshotEvery,
        StepTimeout = TimeSpan.FromSeconds(4),
        JoinTimeout = JoinTimeout,
    };
}

/// <summary>What became of a scenario.</summary>
/// <param name="Outcome">How the job ended in good order; null where it did not.</param>
/// <param name="Error">Why it did not.</param>
/// <param name="Ended">Whether it ended at all.</param>
/// <param name="Idle">Whether all workers that are there have ended, too.</param>
/// <param name="Took">Virtual time to the job's end.</param>
/// <param name="Cluster">The cluster, for a closer look.</param>
internal sealed record ScenarioResult(JobOutcome? Outcome, Exception? Error, bool Ended, bool Idle, TimeSpan Took, SimulatedCluster Cluster)
{
    internal IReadOnlyList<string> Notices => Cluster.Observer.Notices;

    /// <summary>What is wrong with it, compared with the undisturbed run; null for nothing.</summary>
    internal string? Flaw(JobOutcome expected) => this switch
    {
        { Ended: false } => $"did not end in {Scenario.Longest.TotalMinutes:0} minutes; {Doing}",
        { Error: { } error } => $"ended with {error.GetType().Name}: {error.Message}",
        { Outcome.Completed: false } => $"ended at step {Outcome.Steps} of {expected.Steps}",
        _ when Outcome!.ParametersSha256 != expected.ParametersSha256 => "the parameters differ from the undisturbed run's",
        _ when Outcome.Samples != expected.Samples => $"counted {Outcome.Samples} samples instead of {expected.Samples}",
        _ when !Outcome.Loss.Equals(expected.Loss) => $"the loss is {Outcome.Loss:R} instead of {expected.Loss:R}",
        _ when Outcome.Evaluation != expected.Evaluation => $"the evaluation is {Outcome.Evaluation} instead of {expected.Evaluation}",
        { Idle: false } => $"the job ended, but workers wait; {Doing}",
        _ => null,
    };

    /// <summary>The story, for the message of a test that fails.</summary>
    internal string Story => string.Join('\n', Notices.Select(notice => $"  {notice}").Prepend($"  struck: {string.Join("; ", Cluster.Faults.Struck)}"));

    private string Doing => string.Join(", ", Cluster.Workers.Where(run => run.Process.Responds).Select(run =>
        $"{run.Identity.WorkerId} {(run.Ended.IsCompleted ? "has ended" : $"is at step {run.Process.Step} of generation {run.Process.Member.Loop?.Generation}")}"));
}
