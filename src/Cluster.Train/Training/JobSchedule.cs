using Cluster.Train.Reduction;

namespace Cluster.Train.Training;

/// <summary>The learning rate of a job's steps.</summary>
internal static class JobSchedule
{
    /// <summary>The rate as a pure function of the step; what evaluations reduce is in <see cref="PlateauRate"/>.</summary>
    /// <param name="task">Has its own schedules.</param>
    /// <param name="job">The job.</param>
    /// <param name="run">How long it runs.</param>
    /// <exception cref="BadInputException">The schedule does not fit the run, goes by a metric that the job does not watch, or the task has no such one.</exception>
    internal static Func<long, float> RateOf(ITrainingTask task, JobDefinition job, RunSteps run) => job is { Schedule.NeedsWatch: true, Watch: null }
        ? throw new BadInputException($"--schedule {job.Schedule} goes by a metric of the evaluations, and the job watches none: give --watch METRIC, in code JobDefinition.Watch")
        : LearningRateSchedule.Create(job.Schedule, job.Optimizer.LearningRate, run, task.Schedules);

    /// <inheritdoc cref="RateOf(ITrainingTask, JobDefinition, RunSteps)"/>
    internal static Func<long, float> RateOf(ITrainingTask task, JobDefinition job, BatchPlan plan) =>
        RateOf(task, job, new RunSteps(job.Length.TotalSteps(plan.StepsPerEpoch), plan.StepsPerEpoch));
}
