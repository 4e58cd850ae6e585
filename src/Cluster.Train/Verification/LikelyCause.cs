using System.Collections.Immutable;

namespace Cluster.Train.Verification;

/// <summary>What usually causes a difference, by where it shows. Pure.</summary>
internal static class LikelyCause
{
    private const string Process =
        "data or a model that depends on the process: HashCode and string.GetHashCode are seeded anew in each, Guid.NewGuid, the time, the order of files in a folder; make seeds from epoch and sample number by arithmetic";

    private const string Repeated =
        "random numbers of one's own without a fixed seed, the time, or state that outlives a run (a static field, a field of the task)";

    private const string Initial =
        "CreateModel gives other initial values each time: random numbers of one's own, or something that changes is read; libtorch's generator is seeded for it";

    private const string Evaluation =
        "Predict, Loss or Count changes the batch in place, or keeps something from one batch to the next";

    private const string Kept =
        "state that no snapshot and no checkpoint holds: a field of the task or of the module that is neither a parameter nor a registered buffer";

    private const string Crew =
        "state outside the model's parameters and buffers (a field of the task, a teacher that follows the model, a buffer that is replaced instead of written), random numbers of one's own, or data that depends on who reads it (Read must depend on sample and epoch alone)";

    /// <summary>The results with a cause for each difference.</summary>
    internal static ImmutableArray<VariantResult> Explain(ImmutableArray<VariantResult> results)
    {
        var apart = results.Where(result => result.Difference is not null).Select(result => result.Kind).ToHashSet();
        return
        [
            .. results.Select(result => result.Difference is { } difference
                ? result with { Difference = difference with { Cause = Of(result.Kind, difference, apart) } }
                : result),
        ];
    }

    private static string Of(VariantKind kind, VariantDifference difference, HashSet<VariantKind> apart)
    {
        // What differs even in a plain repetition differs in every other variant for that reason.
        if (kind == VariantKind.OtherProcess && !apart.Contains(VariantKind.Again))
        {
            return Process;
        }

        if (difference.Step == 0)
        {
            return Initial;
        }

        return apart.Contains(VariantKind.Again) ? Repeated
            : difference.Element.Length == 0 ? Evaluation
            : apart.Contains(VariantKind.Crew) ? Crew
            : Kept;
    }
}
