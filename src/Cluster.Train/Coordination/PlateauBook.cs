using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Coordination;

/// <summary>After which evaluations the learning rate is reduced, as <c>torch.optim.lr_scheduler.ReduceLROnPlateau</c> decides it. Pure.</summary>
/// <param name="schedule">The job's schedule.</param>
/// <param name="isBetter">Whether a value is better than another by so much.</param>
internal sealed class PlateauBook(ScheduleSettings schedule, Func<double, double, double, bool> isBetter)
{
    /// <summary>No reduction beyond a factor of this, as torch's <c>eps</c> of rates: it would change nothing, and each is told with every lease.</summary>
    private const double LeastFactor = 1e-8;

    /// <summary>Takes an evaluation.</summary>
    /// <param name="before">What was known; null before the first.</param>
    /// <param name="step">Steps of the job done.</param>
    /// <param name="value">The metric.</param>
    internal PlateauState Next(PlateauState? before, long step, double value)
    {
        if (before is null)
        {
            return new PlateauState(value, Since: 0, Reductions: []);
        }

        if (isBetter(value, before.Mark, schedule.LeastGain))
        {
            return before with { Mark = value, Since = 0 };
        }

        var since = before.Since + 1;
        if (since <= schedule.Patience)
        {
            return before with { Since = since };
        }

        var factor = PlateauRate.Factor(schedule, before.Reductions.Length);
        return before with
        {
            Since = 0,
            Reductions = factor > LeastFactor && PlateauRate.Factor(schedule, before.Reductions.Length + 1) < factor
                ? before.Reductions.Add(step)
                : before.Reductions,
        };
    }

    /// <summary>How many evaluations away the next reduction is, at least.</summary>
    /// <param name="state">What is known; null before the first, which is always a gain.</param>
    internal long Distance(PlateauState? state) => state is null ? schedule.Patience + 2L : schedule.Patience + 1L - state.Since;
}
