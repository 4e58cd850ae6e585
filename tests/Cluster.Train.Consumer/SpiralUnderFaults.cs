using Cluster.Train.Faults;
using Cluster.Train.Running;
using Cluster.Train.Training;

namespace SpiralTrainer;

/// <summary>What its author runs to see that whatever happens to a process leaves no trace in the result.</summary>
internal static class SpiralUnderFaults
{
    /// <summary>Compares a run under faults with an undisturbed one.</summary>
    /// <returns>0 where they are the same.</returns>
    internal static async Task<int> RunAsync()
    {
        var task = new SpiralTask();
        var options = new TrainingOptions
        {
            Task = task,
            Definition = new JobDefinition
            {
                Task = task.Name,
                Settings = TaskSettings.From(task.Name, task.Options, new Dictionary<string, string>()),
                Seed = 1,
                Shards = 3,
                BatchSize = task.Defaults.BatchSize,
                Optimizer = task.Defaults.Optimizer,
                Length = new RunLength(Epochs: 3, Steps: null),
            },
            Workers = 3,
            StepTimeout = TimeSpan.FromSeconds(2),
        };
        var plan = FaultPlan.Of(
            new PlannedFault("worker-2", 10, FaultPhase.Compute, FaultAction.Fail, TimeSpan.Zero),
            new PlannedFault(PlannedFault.Coordinator, 25, FaultPhase.Lease, FaultAction.Hang, TimeSpan.FromSeconds(1)));

        var expected = await FaultyTraining.RunAsync(options, FaultPlan.None);
        var struck = await FaultyTraining.RunAsync(options, plan);

        Console.WriteLine($"struck: {string.Join("; ", struck.Struck)}");
        Console.WriteLine($"{struck.Job.ParametersSha256} after {plan}");
        Console.WriteLine($"{expected.Job.ParametersSha256} undisturbed");
        return struck.Job.ParametersSha256 == expected.Job.ParametersSha256 ? 0 : 1;
    }
}
