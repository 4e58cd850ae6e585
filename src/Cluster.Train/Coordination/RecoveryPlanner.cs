using Cluster.Train.Membership;
using Cluster.Train.Reduction;

namespace Cluster.Train.Coordination;

/// <summary>The step from which a generation goes on.</summary>
/// <param name="Step">Steps of the job done; 0 for the beginning.</param>
/// <param name="Reason">Why this one, in a few words.</param>
internal sealed record RecoveryPoint(long Step, string Reason);

/// <summary>
/// Finds the newest state that the surviving processes hold completely between them. Snapshots of a step have the same
/// bits wherever they were made, so a complete set of parts is the state, whoever made which. Pure.
/// </summary>
internal static class RecoveryPlanner
{
    /// <summary>Chooses the step.</summary>
    /// <param name="holders">The processes that are there, with what they hold.</param>
    /// <param name="optimizerLength">Positions that have an optimizer state; 0 for a rule without one.</param>
    public static RecoveryPoint Choose(IReadOnlyCollection<StateHolder> holders, long optimizerLength)
    {
        var steps = holders.SelectMany(holder => holder.Snapshots.Select(snapshot => snapshot.Step)).Where(step => step > 0).Distinct().OrderDescending().ToArray();
        string? passedOver = null;
        foreach (var step in steps)
        {
            if (Missing(holders, step, optimizerLength) is not { } missing)
            {
                return new RecoveryPoint(step, Invariant($"the snapshot of step {step} is complete{(passedOver is null ? "" : $"; {passedOver}")}"));
            }

            passedOver ??= Invariant($"that of step {step} lacks {missing}");
        }

        return new RecoveryPoint(0, passedOver is null ? "no snapshot is held" : $"no snapshot is complete: {passedOver}");
    }

    /// <summary>What a step lacks; null where it is complete.</summary>
    private static string? Missing(IReadOnlyCollection<StateHolder> holders, long step, long optimizerLength)
    {
        var snapshots = holders.Select(holder => holder.At(step)).OfType<HeldSnapshot>().ToArray();
        if (!Array.Exists(snapshots, snapshot => snapshot.HasModel))
        {
            return "the parameters";
        }

        return FirstGap(snapshots.SelectMany(snapshot => snapshot.Optimizer), optimizerLength) is { } gap
            ? Invariant($"the optimizer's state from position {gap} on")
            : null;
    }

    /// <summary>The first position below a length that no slice covers; null where all are covered.</summary>
    internal static long? FirstGap(IEnumerable<VectorSlice> slices, long length)
    {
        long covered = 0;
        foreach (var slice in slices.OrderBy(slice => slice.Start))
        {
            if (slice.Start > covered)
            {
                break;
            }

            covered = Math.Max(covered, slice.End);
        }

        return covered >= length ? null : covered;
    }
}
