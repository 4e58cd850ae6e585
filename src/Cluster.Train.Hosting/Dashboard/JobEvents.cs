using Cluster.Train.Nodes;

namespace Cluster.Train.Hosting.Dashboard;

/// <summary>How a job stands.</summary>
internal enum JobStanding
{
    /// <summary>It has not begun, or waits for workers.</summary>
    Waiting,

    /// <summary>It trains.</summary>
    Running,

    /// <summary>A member was lost, or members change.</summary>
    Recovering,

    /// <summary>It has reached its end.</summary>
    Done,

    /// <summary>It was stopped by its user.</summary>
    Stopped,

    /// <summary>It could not go on.</summary>
    Failed,

    /// <summary>Another node coordinates it.</summary>
    Standby,
}

/// <summary>Something that happened to the members.</summary>
/// <param name="At">When, in seconds since the run began.</param>
/// <param name="Step">At which step.</param>
/// <param name="Kind">"generation" or "recovery".</param>
/// <param name="Text">What, in a line.</param>
internal sealed record Happening(double At, long Step, string Kind, string Text);

/// <summary>A line for the user.</summary>
/// <param name="At">When it came last, in seconds since the run began.</param>
/// <param name="Text">The line.</param>
/// <param name="Count">How often it came.</param>
internal sealed record ToldNotice(double At, string Text, int Count);

/// <summary>The program ends otherwise than its job told.</summary>
/// <param name="Standing">How.</param>
/// <param name="Reason">Why, in a line.</param>
internal sealed record RunEnded(JobStanding Standing, string Reason);

/// <summary>Which nodes coordinate, or stand by to.</summary>
/// <param name="Places">The nodes.</param>
internal sealed record PlacesKnown(IReadOnlyList<CoordinatorPlace> Places);
