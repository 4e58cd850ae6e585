using Cluster.Train.Hosting.Results;
using Cluster.Train.Training;

namespace Cluster.Train.Hosting.Dashboard;

/// <summary>What a job is, for those who watch it.</summary>
/// <param name="Task">The task's name.</param>
/// <param name="Hash">The definition's hash.</param>
/// <param name="Settings">What the result depends on: name and value.</param>
internal sealed record JobHeader(string Task, string Hash, IReadOnlyList<(string Name, string Value)> Settings)
{
    /// <summary>The learning rates of its steps; null where they are not known.</summary>
    public RunRates? Rates { get; init; }

    /// <summary>Of a job.</summary>
    public static JobHeader Of(JobDefinition job, ITrainingTask? task = null) => new(
        job.Task, job.Hash(),
        [
            ("seed", Invariant($"{job.Seed}")), ("shards", Invariant($"{job.Shards:N0}")), ("batch size", Invariant($"{job.BatchSize:N0}")),
            ("optimizer", job.Optimizer.Name), ("learning rate", Invariant($"{job.Optimizer.LearningRate:R}")), ("schedule", job.Schedule.ToString()),
            ("length", job.Length is { Epochs: { } epochs } ? Invariant($"{epochs:N0} epochs") : Invariant($"{job.Length.Steps:N0} steps")),
            ("precision", job.Precision.ToString().ToLowerInvariant()), ("portable", job.Portable ? "yes" : "no"),
            ("device", job.Device.ToString().ToLowerInvariant()), ("threads per worker", Invariant($"{job.Threads}")),
        ])
    { Rates = task is null ? null : new RunRates(task, job) };
}
