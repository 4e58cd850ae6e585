using Cluster.Train.Hosting.Engines;
using Cluster.Train.Running;
using Cluster.Train.Running.Prediction;
using Cluster.Train.Running.Replay;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Hosting;

/// <summary>An engine that computes nothing: it notes what it is asked for and reports a run that the test chose.</summary>
internal sealed class FakeEngine : ITrainingEngine
{
    /// <summary>What happens in a run; by default two epochs of a small job.</summary>
    public Func<IJobObserver, CancellationToken, Task<JobOutcome>> Run { get; init; } = (observer, _) =>
    {
        observer.OnRoster(Roster);
        observer.OnEpoch(new EpochResult(1, 20, 0.69, new EvaluationResult(0.66, 0.5, 500), TimeSpan.FromSeconds(1)) { SamplesPerSecond = 2500 });
        observer.OnEpoch(new EpochResult(2, 40, 0.05, new EvaluationResult(0.03, 0.998, 500), TimeSpan.FromSeconds(2)) { SamplesPerSecond = 2500 });
        return Task.FromResult(Outcome);
    };

    public static RosterFormed Roster { get; } = new(1, 2, 2, "coordinator", 17, 0, 40, 20, 2500, 500);

    public static JobOutcome Outcome { get; } = new()
    {
        Completed = true,
        Steps = 40,
        Epochs = 2,
        Samples = 5000,
        Loss = 0.05,
        Evaluation = new EvaluationResult(0.03, 0.998, 500),
        Elapsed = TimeSpan.FromSeconds(2),
        Workers = 2,
        Topology = "coordinator",
        ParameterCount = 17,
        ParametersSha256 = "ab12",
        Numerics = "1-2-3-4-5",
        Processor = "a processor",
        Generations = 1,
        Recoveries = 0,
        ReplayedSteps = 0,
        Checkpoint = null,
    };

    /// <summary>The options of the last run; null before.</summary>
    public TrainingOptions? Asked { get; private set; }

    /// <summary>Task, checkpoint, data and device of the last evaluation, its workers, and whether it was one of new samples.</summary>
    public (string Task, string Checkpoint, string? Data, string Device, int Workers, bool IsNew)? AskedToEvaluate { get; private set; }

    /// <summary>What an evaluation comes to.</summary>
    public Func<CancellationToken, Task<EvaluationResult>> Evaluate { get; init; } = _ => Task.FromResult(new EvaluationResult(0.0312, 0.998, 500));

    /// <summary>What was last to be predicted; null before.</summary>
    public (string Task, string Checkpoint, string? Data, string Device, int Workers)? AskedToPredict { get; private set; }

    /// <summary>The options of the last replay; null before.</summary>
    public ReplayOptions? AskedToReplay { get; private set; }

    /// <summary>What a replay comes to.</summary>
    public ReplayResult Replayed { get; init; } = new()
    {
        Task = "xor",
        FirstStep = 20,
        LastStep = 40,
        Complete = true,
        Difference = null,
        AgreedLosses = 20,
        AgreedHashes = 1,
        LastAgreed = 40,
        LastAgreedHash = 40,
        MissingSteps = 0,
        Remark = null,
    };

    public Task<JobOutcome> RunAsync(TrainingOptions options, IJobObserver observer, CancellationToken stop)
    {
        Asked = options;
        return Run(observer, stop);
    }

    public Task<EvaluationResult> EvaluateAsync(ITrainingTask task, string checkpoint, string? dataDirectory, string device, int workers, bool isNew, CancellationToken stop)
    {
        AskedToEvaluate = (task.Name, checkpoint, dataDirectory, device, workers, isNew);
        return Evaluate(stop);
    }

    public async Task<PredictionSummary> PredictAsync(
        ITrainingTask task, string checkpoint, TextWriter output, string? dataDirectory, string device, int workers, CancellationToken stop)
    {
        AskedToPredict = (task.Name, checkpoint, dataDirectory, device, workers);
        await output.WriteAsync("prediction\n0.5\n".AsMemory(), stop);
        return new PredictionSummary("step-000000040", 1, 1);
    }

    public Task<string> DescribeMemoryAsync(TrainingOptions options)
    {
        Asked = options;
        return Task.FromResult("this job needs about 1.19 GiB of memory");
    }

    public Task<ReplayResult> ReplayAsync(ReplayOptions options, IJobObserver observer, CancellationToken stop)
    {
        AskedToReplay = options;
        return Task.FromResult(Replayed);
    }
}
