namespace Cluster.Train.Doctor;

/// <summary>How a fact about the machine is to be taken.</summary>
public enum FindingState
{
    /// <summary>As it should be.</summary>
    Good,

    /// <summary>Training works, but slower or with less.</summary>
    Limited,

    /// <summary>Training does not work.</summary>
    Bad,
}

/// <summary>One fact about the machine.</summary>
/// <param name="State">How it is to be taken.</param>
/// <param name="Subject">What was looked at.</param>
/// <param name="Fact">What was found.</param>
/// <param name="Remedy">What to do about it; null where there is nothing to do.</param>
public sealed record Finding(FindingState State, string Subject, string Fact, string? Remedy = null);
