using System.Collections.Immutable;
using Cluster.Train.Journal;
using Cluster.Train.Protocol;

namespace Cluster.Train.Running.Replay;

/// <summary>
/// Compares steps that are computed again with what a journal says of them, as they come. Pure: no clock, no file.
/// </summary>
/// <param name="assembler">Puts the reports together.</param>
/// <param name="content">The journal.</param>
/// <param name="firstStep">Steps of the job done before the replay.</param>
/// <param name="settled">Is called once there is nothing more to learn: a difference was found, or all was compared.</param>
internal sealed class ReplayComparison(StepAssembler assembler, JournalContent content, long firstStep, Action settled) : IStepJournal
{
    private readonly ILookup<long, JournalStep> _steps = content.Steps.Where(step => step.Step > firstStep).ToLookup(step => step.Step);
    private readonly ILookup<long, JournalHash> _hashes = content.Hashes.Where(hash => hash.Step >= firstStep).ToLookup(hash => hash.Step);
    private readonly SortedSet<long> _agreedLosses = [];
    private readonly SortedSet<long> _agreedHashes = [];
    private long _computed = firstStep;

    /// <summary>The steps after which a hash is compared.</summary>
    internal IReadOnlyList<long> HashSteps { get; } = [.. content.Hashes.Select(hash => hash.Step).Where(step => step > firstStep).Distinct().Order()];

    /// <summary>The first difference; null for none so far.</summary>
    internal ReplayDifference? Difference { get; private set; }

    /// <summary>Steps whose losses agree, up to the first difference.</summary>
    internal int AgreedLosses => UpToDifference(_agreedLosses).Count();

    /// <summary>Steps whose hashes agree, up to the first difference.</summary>
    internal int AgreedHashes => UpToDifference(_agreedHashes).Count();

    /// <summary>The last step before the difference that was compared and agrees; null for none.</summary>
    internal long? LastAgreed => UpToDifference(_agreedLosses).Concat(UpToDifference(_agreedHashes)).Max(step => (long?)step);

    /// <summary>The same, of those whose hash was compared.</summary>
    internal long? LastAgreedHash => UpToDifference(_agreedHashes).Max(step => (long?)step);

    /// <summary>Whether everything the journal has was compared.</summary>
    internal bool IsComplete => _computed >= content.LastStep && HashSteps.All(_agreedHashes.Contains);

    /// <inheritdoc/>
    public void Begin(int generation, long firstStep) => assembler.Begin(generation, firstStep);

    /// <inheritdoc/>
    public void Report(StepReport report, ImmutableArray<long> reductions)
    {
        foreach (var step in assembler.Add(report))
        {
            _computed = step.Step;
            Compare(step);
        }

        Settle();
    }

    /// <inheritdoc/>
    public void Hash(int generation, long completedSteps, string sha256)
    {
        foreach (var hash in _hashes[completedSteps])
        {
            if (hash.Sha256 == sha256)
            {
                _agreedHashes.Add(completedSteps);
            }
            else
            {
                Differ(new ReplayDifference(completedSteps, "parameters' SHA-256", hash.Sha256, sha256));
            }
        }

        Settle();
    }

    /// <inheritdoc/>
    public void Evaluation(int generation, long completedSteps, EvaluationResult result)
    {
        // Losses and hashes tell whether the bits are the same; an evaluation follows from them.
    }

    /// <inheritdoc/>
    public string? TakeNotice() => null;

    private void Compare(JournalStep step)
    {
        foreach (var line in _steps[step.Step])
        {
            // Bits are compared, not values within a tolerance.
            if (line.Loss.Equals(step.Loss))
            {
                _agreedLosses.Add(step.Step);
            }
            else
            {
                Differ(new ReplayDifference(step.Step, "loss", Invariant($"{line.Loss:R}"), Invariant($"{step.Loss:R}")));
            }
        }
    }

    // A hash may come later than the loss of a step after it: the earliest step is the first that differs.
    private void Differ(ReplayDifference difference)
    {
        if (Difference is null || difference.Step < Difference.Step)
        {
            Difference = difference;
        }
    }

    private IEnumerable<long> UpToDifference(SortedSet<long> steps) => steps.Where(step => Difference is null || step < Difference.Step);

    private void Settle()
    {
        if (Difference is not null || IsComplete)
        {
            settled();
        }
    }
}
