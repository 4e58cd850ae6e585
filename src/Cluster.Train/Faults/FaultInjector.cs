using System.Collections.Immutable;

namespace Cluster.Train.Faults;

/// <summary>
/// Strikes with the faults of a plan: whatever stands at a place where one may strike asks <see cref="Take(string, FaultPhase, long)"/> each time
/// that a member gets there, and does what it is given. Each fault is given once. Safe for use by several threads.
/// </summary>
/// <param name="plan">The plan.</param>
internal sealed class FaultInjector(FaultPlan plan)
{
    private readonly Lock _gate = new();
    private readonly List<PlannedFault> _due = [.. plan.Faults];
    private ImmutableArray<PlannedFault> _struck = [];

    /// <summary>The plan.</summary>
    public FaultPlan Plan { get; } = plan;

    /// <summary>The faults that have struck, in that order.</summary>
    public ImmutableArray<PlannedFault> Struck
    {
        get
        {
            lock (_gate)
            {
                return _struck;
            }
        }
    }

    /// <summary>The fault that is due; null for none.</summary>
    /// <param name="member">Who is there.</param>
    /// <param name="phase">In which phase.</param>
    /// <param name="step">At which step.</param>
    public PlannedFault? Take(string member, FaultPhase phase, long step) => Take(member, phase, step, _ => true);

    /// <summary>The same for a place that can strike in some ways only: what it cannot do waits for another place of the phase.</summary>
    internal PlannedFault? Take(string member, FaultPhase phase, long step, Predicate<FaultAction> can)
    {
        lock (_gate)
        {
            var index = _due.FindIndex(fault => fault.Member == member && fault.Phase == phase && fault.Step <= step && can(fault.Action));
            if (index < 0)
            {
                return null;
            }

            var fault = _due[index];
            _due.RemoveAt(index);
            _struck = _struck.Add(fault);
            return fault;
        }
    }
}
