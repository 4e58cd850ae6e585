using Cluster.Train.Reduction;

namespace Cluster.Train.Training;

/// <summary>The learning rate of a job's steps.</summary>
internal static class JobSchedule
{
    /// <summary>The rate as a pure function of the step.</summary>
    /// <param name="task">Has its own schedules.</param>
    /// <param name="job">The job.</param>
    /// <param name="run">How long it runs.</param>
    /// <exception cref="BadInputException">The schedule does not fit the run, or the task has no such one.</exception>
    internal static Func<long, float> RateOf(ITrainingTask task, JobDefinition job, RunSteps run) =>
        LearningRateSchedule.Create(job.Schedule, job.Optimizer.LearningRate, run, task.Schedules);

    /// <inheritdoc cref="RateOf(ITrainingTask, JobDefinition, RunSteps)"/>
    internal static Func<long, float> RateOf(ITrainingTask task, JobDefinition job, BatchPlan plan) =>
        RateOf(task, job, new RunSteps(job.Length.TotalSteps(plan.StepsPerEpoch), plan.StepsPerEpoch));
}
