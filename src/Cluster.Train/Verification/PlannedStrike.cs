using Cluster.Train.Faults;

namespace Cluster.Train.Verification;

/// <summary>
/// The faults that a variant is struck with, placed so that each of them strikes: a worker is killed in the first half of the
/// run, and the coordinator is replaced in the second. Pure.
/// </summary>
/// <param name="Plan">The faults.</param>
/// <param name="SnapshotEvery">Steps between snapshots.</param>
internal sealed record PlannedStrike(FaultPlan Plan, long SnapshotEvery)
{
    /// <summary>Why the coordinator is not struck where <see cref="Of"/> spares it.</summary>
    internal const string OnlyTheWorker = "the coordinator replaced after a worker was killed: a single step has no room for both; give --steps 2 or more";

    private const long LongestBetweenSnapshots = 5;

    /// <summary>The faults for a run.</summary>
    /// <param name="workers">Workers of the run; with one of them, only the coordinator is struck.</param>
    /// <param name="steps">Steps of the run, at least 1.</param>
    internal static PlannedStrike Of(int workers, long steps)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(workers);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(steps);
        // A coordinator is struck as it gives a lease out. None reaches over a snapshot, and at most two are out, so the last one
        // begins within SnapshotEvery steps of the end, and the worker is struck before a lease from the coordinator's step is given.
        var every = Math.Clamp(steps / 10, 1, LongestBetweenSnapshots);
        var coordinator = new PlannedFault(PlannedFault.Coordinator, steps * 3 / 5, FaultPhase.Lease, FaultAction.Fail, TimeSpan.Zero);
        var worker = new PlannedFault("worker-2", steps / 4, FaultPhase.Compute, FaultAction.Fail, TimeSpan.Zero);
        return new PlannedStrike(
            workers == 1 ? FaultPlan.Of(coordinator) : IsTooShort(workers, steps) ? FaultPlan.Of(worker) : FaultPlan.Of(worker, coordinator), every);
    }

    /// <summary>Whether a run has too few steps for both faults: struck at the same step, the successor might begin without the worker.</summary>
    internal static bool IsTooShort(int workers, long steps) => workers > 1 && steps == 1;
}
