using Cluster.Train.Exchange;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Reduction;

namespace Cluster.Train.Members;

/// <summary>A member's place in one generation.</summary>
/// <param name="WorkerId">The worker; empty for the coordinator's own slice.</param>
/// <param name="Name">Its name in messages.</param>
/// <param name="Generation">The generation.</param>
/// <param name="Member">Its entry in the roster.</param>
/// <param name="Exchange">Its side of the exchange.</param>
/// <param name="Owner">Its slice; null where it owns none.</param>
/// <param name="Process">What it shares with the other members of its process.</param>
/// <param name="Sink">Takes messages to the coordinator, from any thread.</param>
internal sealed record MemberPlace(
    string WorkerId, string Name, PrepareGeneration Generation, RosterMember Member, TensorExchange Exchange, IOwnedSlice? Owner,
    ProcessContext Process, Action<IGenerationMessage> Sink)
{
    /// <summary>The rate of the steps of its slice; null where nothing is updated.</summary>
    internal PlateauRate? Rate { get; init; }

    /// <summary>The generation's number.</summary>
    internal int Number => Generation.Generation;

    /// <summary>How long it waits for another once these steps are completed; null for as long as the generation lasts, since the other may evaluate.</summary>
    internal TimeSpan? PatienceAfter(long completedSteps) =>
        completedSteps == Generation.TotalSteps && Process.Patience.EvaluatesEvery is not null ? null : Process.Patience.In(completedSteps);

    /// <summary>Whether all replicas evaluate after a step.</summary>
    internal bool EvaluatesAfter(long step) => (step + 1) % Process.Definition.EvaluateEvery.Steps(Process.StepsPerEpoch) == 0 || step + 1 == Generation.TotalSteps;

    /// <summary>Whether they evaluate the moving average, for which it is swapped with the parameters.</summary>
    internal bool SwapsAfter(long step) => Process.Definition.Ema is not null && EvaluatesAfter(step);

    /// <summary>Whether the job begins in this generation, with all members in this process: then no state is to be loaded.</summary>
    internal bool BeginsHere => Process.Network is null && Generation.FirstStep == 0;

    /// <summary>The member in another process whose optimizer slice this one keeps a copy of with its snapshots; null for nobody.</summary>
    internal RosterMember? KeptFor => BackupPlan.KeptBy(Generation.Roster, Member.Rank) is { Endpoint: not null } other ? other : null;

    /// <summary>Where that slice lies, without positions that have no optimizer state.</summary>
    internal VectorSlice KeptSlice =>
        KeptFor is { Slice: var slice } ? slice with { End = Math.Max(slice.Start, Math.Min(slice.End, Process.Layout.ParameterLength)) } : default;
}
