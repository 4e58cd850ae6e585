using Cluster.Train.Running;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Cli.Tasks;

/// <summary>Trains a task with its own defaults, and keeps what an observer is told.</summary>
internal sealed class TaskRun : IJobObserver
{
    internal List<EpochResult> Epochs { get; } = [];

    internal List<string> Notices { get; } = [];

    internal JobOutcome Outcome { get; private set; } = null!;

    internal static async Task<TaskRun> RunAsync(
        ITrainingTask task, long seed = 0, int workers = 1, int shards = 2, RunLength? length = null, string? data = null, string? model = null)
    {
        var given = new Dictionary<string, string>();
        if (model is not null) given["model"] = model;
        var definition = new JobDefinition
        {
            Task = task.Name,
            Settings = TaskSettings.From(task.Name, task.Options, given),
            Seed = seed,
            Shards = shards,
            BatchSize = task.Defaults.BatchSize,
            Optimizer = task.Defaults.Optimizer,
            Length = length ?? new RunLength(task.Defaults.Epochs, null),
        };
        var run = new TaskRun();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(9));
        run.Outcome = await LocalTraining.RunAsync(
            new TrainingOptions { Task = task, Definition = definition, Workers = workers, DataDirectory = data }, run, patience.Token);
        Assert.True(run.Outcome.Completed, "the run took more than 9 minutes");
        return run;
    }

    public void OnRoster(RosterFormed roster)
    {
    }

    public void OnProgress(JobProgress progress)
    {
    }

    public void OnEpoch(EpochResult epoch) => Epochs.Add(epoch);

    public void OnNotice(string notice) => Notices.Add(notice);
}
