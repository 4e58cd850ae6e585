using Cluster.Train.Reduction;
using Cluster.Train.Running;
using Cluster.Train.Tests.Hosting;
using Cluster.Train.Tests.Training;
using Cluster.Train.Training;
using Cluster.Train.Verification;
using Xunit.Abstractions;

namespace Cluster.Train.Tests.Verification;

/// <summary>All that a task and a job can say of training, at once.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class EverythingTests(ITestOutputHelper output)
{
    private static readonly EverythingTask s_task = new();

    [Fact]
    public async Task A_job_that_uses_all_there_is_has_one_result_however_it_is_computed()
    {
        using var folder = new TemporaryFolder();
        var job = Job(await FirstStageAsync(folder.File("first")));

        var report = await JobVerification.RunAsync(s_task, new VerificationOptions { Definition = job });

        output.WriteLine($"{report}");
        Assert.True(report.AllAgree, $"{report}");
        Assert.True(report.Variants.Length > 10, $"{report}");
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public async Task Accumulated_stopped_early_and_resumed_it_is_the_same_job(int workers)
    {
        using var folder = new TemporaryFolder();
        var job = Job(await FirstStageAsync(folder.File("first"))) with
        {
            Length = new RunLength(100, null),
            Watch = new WatchSettings("sign-accuracy") { StopAfter = 3, LeastGain = 1, KeepBest = true },
        };

        using var whole = await TrainAsync(job, workers: 1, folder.File("whole"));
        using var part = await TrainAsync(job with { Length = new RunLength(null, 7) }, workers: 1, folder.File("parts"));
        using var rest = await TrainAsync(job, workers, folder.File("parts"));

        // The first evaluation is the only gain: three later the job is at its end.
        Assert.Equal((true, 8), (whole.Outcome.StoppedEarly, whole.Outcome.Steps));
        Assert.Equal((false, 7), (part.Outcome.StoppedEarly, part.Outcome.Steps));
        Assert.Equal(
            (whole.Outcome.ParametersSha256, whole.Outcome.Evaluation, whole.Outcome.Best, whole.Outcome.StoppedEarly),
            (rest.Outcome.ParametersSha256, rest.Outcome.Evaluation, rest.Outcome.Best, rest.Outcome.StoppedEarly));
    }

    /// <summary>Weights to begin with: those of a short first stage.</summary>
    private static async Task<InitialWeights> FirstStageAsync(string checkpoints)
    {
        using var first = await TrainAsync(Plain() with { Length = new RunLength(null, 2) }, workers: 1, checkpoints);
        return InitialWeights.FromFile(checkpoints) with { Skip = new NamePatterns("sign.*") };
    }

    private static Task<TrainingResult> TrainAsync(JobDefinition job, int workers, string checkpoints) => Trainer.TrainAsync(
        s_task, TrainingOptions.For(s_task, workers) with { Definition = job, CheckpointDirectory = checkpoints, Resume = Directory.Exists(checkpoints) });

    private static JobDefinition Plain() => JobDefinition.For(s_task) with { Shards = 4, BatchSize = 37, Seed = 11 };

    private static JobDefinition Job(InitialWeights init) => Plain() with
    {
        Init = init,
        Freeze = new NamePatterns("embedding.*"),
        Optimizer = OptimizerSettings.Lamb(0.02f, weightDecay: 0.1f),
        Schedule = ScheduleSettings.Plateau(0.5f, patience: 0) with { LeastGain = 0.01, Warmup = RunPart.Steps(3) },
        Watch = new WatchSettings("macro-f1"),
        EvaluateEvery = new EvaluationInterval(2, InEpochs: false),
        NoDecay = "bias,norm",
        ClipNorm = 1,
        Ema = 0.9f,
        Tail = TailRule.Merge,
        Length = new RunLength(null, 9),
    };
}
