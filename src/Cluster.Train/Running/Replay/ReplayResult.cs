namespace Cluster.Train.Running.Replay;

/// <summary>Where a replay and its journal part.</summary>
/// <param name="Step">The step, counted from 1.</param>
/// <param name="What">What differs: the loss, or the hash of the parameters after the step.</param>
/// <param name="Journalled">What the journal says.</param>
/// <param name="Recomputed">What came out now.</param>
public sealed record ReplayDifference(long Step, string What, string Journalled, string Recomputed);

/// <summary>What came of a replay.</summary>
public sealed record ReplayResult
{
    /// <summary>Name of the task.</summary>
    public required string Task { get; init; }

    /// <summary>Steps of the job done where it began.</summary>
    public required long FirstStep { get; init; }

    /// <summary>The last step of the journal.</summary>
    public required long LastStep { get; init; }

    /// <summary>Whether all that the journal has after <see cref="FirstStep"/> was compared.</summary>
    public required bool Complete { get; init; }

    /// <summary>The first difference; null for none.</summary>
    public required ReplayDifference? Difference { get; init; }

    /// <summary>Steps whose losses agree.</summary>
    public required int AgreedLosses { get; init; }

    /// <summary>Steps whose hashes agree.</summary>
    public required int AgreedHashes { get; init; }

    /// <summary>The last step that was compared and agrees; null for none.</summary>
    public required long? LastAgreed { get; init; }

    /// <summary>The last step whose hash was compared and agrees; null for none.</summary>
    public required long? LastAgreedHash { get; init; }

    /// <summary>Steps of the journal that have no line.</summary>
    public required long MissingSteps { get; init; }

    /// <summary>What may explain a difference; null for nothing known.</summary>
    public required string? Remark { get; init; }
}
