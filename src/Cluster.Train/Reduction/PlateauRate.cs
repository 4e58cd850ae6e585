using System.Collections.Immutable;

namespace Cluster.Train.Reduction;

/// <summary>
/// A learning rate that evaluations reduce: a pure function of the step and of the reductions before it, which the job's ledger
/// decides and leases tell. Belongs to one thread.
/// </summary>
/// <param name="schedule">The job's schedule.</param>
/// <param name="scheduled">The rate without reductions.</param>
internal sealed class PlateauRate(ScheduleSettings schedule, Func<long, float> scheduled)
{
    private ImmutableArray<long> _reductions = [];

    /// <summary>The factor after so many reductions.</summary>
    internal static double Factor(ScheduleSettings schedule, int reductions) =>
        reductions == 0 ? 1 : Math.Max(Math.Pow(ShortestDecimal.Of(schedule.Factor), reductions), ShortestDecimal.Of(schedule.Floor));

    /// <summary>The rate of a step.</summary>
    /// <param name="schedule">The job's schedule.</param>
    /// <param name="scheduled">Its rate without reductions.</param>
    /// <param name="reductions">Steps from which it is reduced once more, in ascending order; those after <paramref name="step"/> do not matter.</param>
    /// <param name="step">The step.</param>
    internal static float Of(ScheduleSettings schedule, float scheduled, ImmutableArray<long> reductions, long step)
    {
        var count = 0;
        while (count < reductions.Length && reductions[count] <= step)
        {
            count++;
        }

        return count == 0 ? scheduled : (float)(ShortestDecimal.Of(scheduled) * Factor(schedule, count));
    }

    /// <summary>Takes what is known of reductions, up to the steps that are done next.</summary>
    internal void Take(ImmutableArray<long> reductions) => _reductions = reductions;

    /// <summary>The rate of a step.</summary>
    internal float Of(long step) => Of(schedule, scheduled(step), _reductions, step);
}
