using System.Collections.Immutable;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;

namespace Cluster.Train.Coordination;

/// <summary>What a coordinator does, with what only this phase knows.</summary>
/// <param name="Since">When it began.</param>
internal abstract record Phase(TimeSpan Since)
{
    /// <summary>Its name, for whoever asks how the job stands.</summary>
    internal virtual string Name => GetType().Name.ToLowerInvariant();

    /// <summary>The generation that is prepared or runs; null for none.</summary>
    internal virtual GenerationBook? Current => null;
}

/// <summary>The checkpoint directory is looked at.</summary>
internal sealed record Examining(TimeSpan Since) : Phase(Since);

/// <summary>Waits for enough workers.</summary>
/// <param name="Since">When it began.</param>
internal sealed record Gathering(TimeSpan Since) : Phase(Since)
{
    /// <summary>Since when the minimum has been there without a break; null while it is not.</summary>
    internal TimeSpan? EnoughSince { get; init; }

    /// <summary>For whom it waits, as was said last; null for nothing said.</summary>
    internal string? WaitingFor { get; init; }

    /// <summary>Workers that came and were refused.</summary>
    internal int Refused { get; init; }

    /// <summary>Who was refused last, and why; null for nobody.</summary>
    internal string? LastRefusal { get; init; }
}

/// <summary>The state to begin with, or to return to, is loaded.</summary>
internal sealed record Opening(TimeSpan Since) : Phase(Since);

/// <summary>The members of a generation take their places.</summary>
/// <param name="Since">When it began.</param>
/// <param name="Generation">The generation.</param>
/// <param name="Job">The job.</param>
/// <param name="Order">What the members were told.</param>
internal sealed record Preparing(TimeSpan Since, GenerationBook Generation, JobBook Job, PrepareGeneration Order) : Phase(Since)
{
    /// <summary>Who did not reach whom.</summary>
    internal ImmutableHashSet<Unreached> Complaints { get; init; } = [];

    /// <summary>Why the generation ends once it is known who stays behind, and whom others have lost; null while all goes well.</summary>
    internal (string Reason, string? Suspect)? Failure { get; init; }

    /// <inheritdoc/>
    internal override GenerationBook Current => Generation;
}

/// <summary>Leases are given out.</summary>
/// <param name="Since">When it began.</param>
/// <param name="Generation">The generation.</param>
/// <param name="Job">The job.</param>
internal sealed record Running(TimeSpan Since, GenerationBook Generation, JobBook Job) : Phase(Since)
{
    /// <inheritdoc/>
    internal override GenerationBook Current => Generation;
}

/// <summary>A member of this process's crew waited in vain: whoever is the cause may still say so itself.</summary>
/// <param name="Since">When it began.</param>
/// <param name="Generation">The generation.</param>
/// <param name="Cause">What the one that waited says.</param>
internal sealed record AwaitingCause(TimeSpan Since, GenerationBook Generation, string Cause) : Phase(Since)
{
    /// <inheritdoc/>
    internal override GenerationBook Current => Generation;
}

/// <summary>A generation has ended; its members say what they hold.</summary>
/// <param name="Since">When it began.</param>
/// <param name="Ended">The roster of the generation that ended.</param>
/// <param name="Reason">Why it ended.</param>
/// <param name="Unanswered">Who has not said what it holds.</param>
/// <param name="Suspects">Whom others have lost: it may not answer at all.</param>
internal sealed record Recovering(
    TimeSpan Since, Roster Ended, string Reason, ImmutableHashSet<string> Unanswered, ImmutableHashSet<string> Suspects) : Phase(Since);

/// <summary>No more steps are done; a checkpoint is still to be written.</summary>
/// <param name="Since">When it began.</param>
/// <param name="Job">The job.</param>
/// <param name="Checkpoint">Its step.</param>
/// <param name="Lack">Why the job ends early; null where it does not.</param>
internal sealed record Ending(TimeSpan Since, JobBook Job, long Checkpoint, string? Lack) : Phase(Since);

/// <summary>The job was found to be done: the workers that come are let go.</summary>
/// <param name="Since">When it began.</param>
/// <param name="Result">Its result.</param>
/// <param name="Dismissed">The workers that were told.</param>
internal sealed record Done(TimeSpan Since, JobOutcome Result, ImmutableHashSet<string> Dismissed) : Phase(Since);

/// <summary>The job has ended.</summary>
internal sealed record Over(TimeSpan Since) : Phase(Since);
