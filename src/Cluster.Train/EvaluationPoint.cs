namespace Cluster.Train;

/// <summary>An evaluation on a job's way.</summary>
/// <param name="Epoch">The epoch that it falls into, or ends, from 1.</param>
/// <param name="CompletedSteps">Steps of the job done.</param>
/// <param name="Loss">Mean training loss over the samples of the epoch so far.</param>
/// <param name="Evaluation">The evaluation.</param>
/// <param name="Elapsed">Since the run began.</param>
public sealed record EvaluationPoint(int Epoch, long CompletedSteps, double Loss, EvaluationResult Evaluation, TimeSpan Elapsed)
{
    /// <summary>What evaluations had left of the learning rate of the step before it, where the schedule is one that they reduce; 1 for all of it.</summary>
    public double RateFactor { get; init; } = 1;
}
