using Cluster.Train.Reduction;
using Cluster.Train.Running;
using Cluster.Train.Training;

namespace Cluster.Train.Probe;

/// <summary>A run of a probe's task, on two workers and four shards unless told otherwise.</summary>
internal sealed class ProbeRun(Action<long> progress) : IJobObserver
{
    internal Task<JobOutcome> RunAsync(string model, long steps, int workers = 2, int shards = 4, string? checkpoints = null, long? checkpointEvery = null, string device = "cpu") => LocalTraining.RunAsync(
        new TrainingOptions
        {
            Task = new ProbeTask(model),
            Definition = new JobDefinition
            {
                Task = "probe",
                Seed = 1,
                Device = device == "cpu" ? DeviceKind.Cpu : DeviceKind.Cuda,
                Shards = shards,
                BatchSize = model == "tiny" ? 32 : 120,
                Optimizer = OptimizerSettings.Sgd(0.05f, momentum: 0.9f),
                Length = new RunLength(Epochs: null, steps),
            },
            Workers = workers,
            Device = device,
            CheckpointDirectory = checkpoints,
            CheckpointEvery = checkpointEvery,
        },
        this,
        CancellationToken.None);

    public void OnRoster(RosterFormed roster)
    {
    }

    public void OnProgress(JobProgress state) => progress(state.CompletedSteps);

    public void OnEpoch(EpochResult epoch)
    {
    }

    public void OnNotice(string notice) => Console.Error.WriteLine(notice);
}
