using System.Collections.Immutable;
using Cluster.Train.Native;
using Cluster.Train.Running;

namespace Cluster.Train.Faults;

/// <summary>
/// Runs a task as a cluster would and strikes it with the faults of a plan, so that its author can see that they leave
/// no trace: the outcome's parameters have the hash of the undisturbed run, or the run ends with an exception that says
/// why it could not go on. Coordinator and workers are actors of this process, but each with a replica, snapshots and
/// a tensor network of its own: gradients are real, and travel through shared memory or over TCP on 127.0.0.1.
/// </summary>
/// <remarks>
/// What a fault does at a phase:
/// <list type="bullet">
/// <item><see cref="FaultAction.Fail"/>: the actor is stopped, connections and memory are gone; after
/// <see cref="FaultyTrainingSettings.RestartAfter"/> another one of the same name comes. For the coordinator that is a
/// successor, which takes the job over from the workers.</item>
/// <item><see cref="FaultAction.Hang"/>: no message reaches it or leaves it and its compute thread stands still at the
/// next exchange, until it goes on as if nothing had been.</item>
/// <item><see cref="FaultAction.Cut"/>: its tensor connections are closed, and all messages from and to it are lost.</item>
/// <item><see cref="FaultAction.Delay"/>, <see cref="FaultAction.Drop"/>, <see cref="FaultAction.Duplicate"/>: strike the
/// control message by which the phase shows: of a worker in <see cref="FaultPhase.Join"/> those of joining and leaving a
/// generation, in <see cref="FaultPhase.Lease"/> the lease, in <see cref="FaultPhase.Compute"/> the report of losses, in
/// <see cref="FaultPhase.Snapshot"/> the end of a lease with a snapshot, in <see cref="FaultPhase.Seal"/> the word that
/// it is kept. In the phases of the exchange a delay lets the exchange wait; a stream that loses or repeats a part ends,
/// so the other two close the connections.</item>
/// </list>
/// The exchange is the real one, which knows no faults. A worker is struck in <see cref="FaultPhase.Compute"/> when the
/// gradients of a step are computed and none is sent; in <see cref="FaultPhase.PartialSums"/> and
/// <see cref="FaultPhase.OwnerSum"/> alike as the exchange begins, by a thread beside it, so while it is under way or just
/// after; in <see cref="FaultPhase.Broadcast"/> when its own part is done and it has told nobody. The coordinator takes
/// part in these only where it owns the parameters; otherwise the messages of a recovery stand in for them.
/// </remarks>
public static class FaultyTraining
{
    /// <summary>Trains to the end, or until stopped.</summary>
    /// <param name="options">
    /// What to run. Its workers are called worker-1, worker-2 and so on in plans. A short
    /// <see cref="TrainingOptions.StepTimeout"/> makes hangs short; whoever does not answer for that time is given up.
    /// </param>
    /// <param name="plan">The faults; print it when a test fails.</param>
    /// <param name="settings">How the cluster behaves; null for the defaults.</param>
    /// <param name="observer">Is told how it goes, and of each fault that strikes, by a notice; null for nobody.</param>
    /// <param name="stop">Ends the run at the next step boundary.</param>
    /// <exception cref="ArgumentException">The plan names a member that the run does not have, or a delay without end.</exception>
    /// <exception cref="BadInputException">The data, the checkpoint, the journal or a setting cannot be used.</exception>
    /// <exception cref="TrainingFaultException">The run could not go on: the message says for whom it waited, and how long.</exception>
    /// <exception cref="OperationCanceledException">It was stopped before its first step.</exception>
    public static async Task<FaultyOutcome> RunAsync(
        TrainingOptions options, FaultPlan plan, FaultyTrainingSettings? settings = null, IJobObserver? observer = null,
        CancellationToken stop = default)
    {
        settings ??= new FaultyTrainingSettings();
        string[] workers = [.. Enumerable.Range(1, options.Workers).Select(number => Invariant($"worker-{number}"))];
        LocalTraining.Validate(options);
        Validate(plan, workers);
        NativeEnvironment.Prepare(options.Definition.Portable);
        var faults = new FaultInjector(plan);
        var cluster = new FaultyCluster(options, faults, settings, observer ?? new Nobody());
        await using (cluster.ConfigureAwait(false))
        {
            cluster.Start(workers);
            await using (stop.Register(cluster.Stop).ConfigureAwait(false))
            {
                return new FaultyOutcome(await cluster.Outcome.ConfigureAwait(false), faults.Struck) { NotShared = cluster.NotShared };
            }
        }
    }

    private static void Validate(FaultPlan plan, string[] workers)
    {
        foreach (var fault in plan.Faults)
        {
            if (fault.Member != PlannedFault.Coordinator && !workers.Contains(fault.Member))
            {
                throw new ArgumentException(
                    $"the plan strikes {fault.Member}; this run has worker-1 to worker-{workers.Length} and {PlannedFault.Coordinator}", nameof(plan));
            }

            if (fault.Duration < TimeSpan.Zero && (fault.Duration != Timeout.InfiniteTimeSpan || fault.Action == FaultAction.Delay))
            {
                throw new ArgumentException($"'{fault}' has no duration that can be waited for; a delay needs an end", nameof(plan));
            }
        }
    }

    private sealed class Nobody : IJobObserver
    {
        public void OnRoster(RosterFormed roster)
        {
        }

        public void OnProgress(JobProgress progress)
        {
        }

        public void OnEpoch(EpochResult epoch)
        {
        }

        public void OnNotice(string notice)
        {
        }
    }
}

/// <summary>How a cluster under faults behaves.</summary>
public sealed record FaultyTrainingSettings
{
    /// <summary>With how many workers the job goes on while others are gone.</summary>
    public int MinWorkers { get; init; } = 1;

    /// <summary>A snapshot every so many steps; null: as often as costs little, which is rare in a short run.</summary>
    public long? SnapshotEvery { get; init; } = 5;

    /// <summary>
    /// Whether the workers exchange tensors through shared memory where the system has it, as those of one host do;
    /// otherwise over TCP, as between hosts.
    /// </summary>
    public bool SharesMemory { get; init; } = true;

    /// <summary>How long after its end another process comes in the place of one that failed.</summary>
    public TimeSpan RestartAfter { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>After how long the others give up whoever does not answer; null for the step timeout of the run.</summary>
    public TimeSpan? GiveUpAfter { get; init; }
}

/// <summary>How a run under faults ended.</summary>
/// <param name="Job">The job's outcome: compare its hash with that of the undisturbed run.</param>
/// <param name="Struck">The faults that struck, in that order. One is missing where its member never came to its phase and step.</param>
public sealed record FaultyOutcome(JobOutcome Job, ImmutableArray<PlannedFault> Struck)
{
    /// <summary>Why tensors went over TCP although <see cref="FaultyTrainingSettings.SharesMemory"/> was set; null where they did not.</summary>
    public string? NotShared { get; init; }
}
