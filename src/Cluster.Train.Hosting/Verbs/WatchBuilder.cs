using Cluster.Train.Hosting.CommandLine;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Hosting.Verbs;

/// <summary>Makes of options what a job watches.</summary>
internal static class WatchBuilder
{
    /// <summary>What the job watches; null for nothing.</summary>
    /// <param name="values">The options.</param>
    /// <param name="former">The job that is gone on with: gives what the options do not; null for a new one.</param>
    /// <param name="schedule">The job's schedule, which may go by the metric.</param>
    /// <exception cref="BadInputException">The task has no such metric, or an option lacks another.</exception>
    public static WatchSettings? Build(OptionValues values, JobDefinition? former, ScheduleSettings schedule)
    {
        var before = former?.Watch;
        var stopAfter = values.IsGiven(JobOptions.StopAfter) ? values.Get(JobOptions.StopAfter) : before?.StopAfter;
        var leastGain = values.IsGiven(JobOptions.LeastGain) ? values.Get(JobOptions.LeastGain) : before?.LeastGain ?? 0;
        var keepBest = values.IsGiven(JobOptions.KeepBest) ? values.Get(JobOptions.KeepBest) : before?.KeepBest ?? false;
        if (leastGain > 0 && stopAfter is null)
        {
            throw new BadInputException($"{values.Source(JobOptions.LeastGain)} needs --stop-after N: without it nothing depends on a gain");
        }

        var metric = values.IsGiven(JobOptions.Watch) ? values.Get(JobOptions.Watch)
            : before?.Metric ?? (stopAfter is not null || keepBest || schedule.NeedsWatch ? WatchSettings.Loss : null);
        if (metric is null)
        {
            return null;
        }

        var known = WatchSettings.MetricsOf(values.Task, TaskOptions.Settings(values, former?.Settings));
        if (!known.Contains(metric))
        {
            throw new BadInputException(
                $"{values.Source(JobOptions.Watch)} is '{metric}', which task '{values.Task.Name}' does not have: give {string.Join(" or ", known)}{Spelling.DidYouMean(metric, known, quote: "'")}");
        }

        return new WatchSettings(metric) { StopAfter = stopAfter, LeastGain = leastGain, KeepBest = keepBest };
    }
}
