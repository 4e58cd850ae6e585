using System.Globalization;
using Cluster.Train.Training;

namespace Cluster.Train.Hosting.Results;

/// <summary>The learning rate of a run's steps, before the factors of parameter groups.</summary>
/// <param name="task">Has schedules of its own.</param>
/// <param name="job">The job.</param>
internal sealed class RunRates(ITrainingTask task, JobDefinition job)
{
    private Func<long, float>? _rate;

    /// <summary>The run's length is known.</summary>
    public void Begin(RosterFormed roster) => _rate ??= job.LearningRates(task, roster.TotalSteps, roster.StepsPerEpoch);

    /// <summary>The rate of the newest step; null before the first, and before the run's length is known.</summary>
    /// <param name="completedSteps">Steps of the job done.</param>
    /// <param name="factor">What evaluations have left of it.</param>
    public float? After(long completedSteps, double factor) => _rate is not null && completedSteps > 0 ? Reduced(_rate(completedSteps - 1), factor) : null;

    // As the owners reduce it: from the number that the user wrote, of which the float is short.
    private static float Reduced(float rate, double factor) =>
        (float)(double.Parse(rate.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) * factor);
}
