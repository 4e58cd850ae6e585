using System.Globalization;

namespace Cluster.Train.Faults;

/// <summary>One fault of a plan. It strikes once: the first time that the member reaches the phase at the step or a later one.</summary>
/// <param name="Member">The worker's name, or <see cref="Coordinator"/>.</param>
/// <param name="Step">The step, from 0.</param>
/// <param name="Phase">Where in the member's work.</param>
/// <param name="Action">What happens.</param>
/// <param name="Duration">How long a hang, a delay or a cut lasts; for a hang or a cut, <see cref="Timeout.InfiniteTimeSpan"/> for good.</param>
public sealed record PlannedFault(string Member, long Step, FaultPhase Phase, FaultAction Action, TimeSpan Duration)
{
    /// <summary>The name of the coordinator in plans.</summary>
    public const string Coordinator = "coordinator";

    /// <summary>For example <c>hang worker-2 at step 7 in Broadcast for 1.5 s</c>.</summary>
    public override string ToString()
    {
        var text = $"{Action.ToString().ToLowerInvariant()} {Member} at step {Step} in {Phase}";
        return Action is not (FaultAction.Hang or FaultAction.Delay or FaultAction.Cut) ? text
            : Duration == Timeout.InfiniteTimeSpan ? $"{text} for good"
            : string.Create(CultureInfo.InvariantCulture, $"{text} for {Duration.TotalSeconds:0.###} s");
    }
}
