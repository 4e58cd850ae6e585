using Cluster.Train.Checkpoints;
using Cluster.Train.Faults;
using Cluster.Train.Tests.Faults;
using Cluster.Train.Tests.Hosting;
using Cluster.Train.Training;
using Cluster.Train.Verification;

namespace Cluster.Train.Tests.Training;

/// <summary>Jobs that end early, and keep their best: the same whoever computes, whatever happens.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class WatchedRunTests
{
    /// <summary>Three steps an epoch. After the first evaluation nothing is a gain: the job ends after the fifth.</summary>
    private const long End = 15;

    private static readonly WatchSettings Watch = new("loss") { StopAfter = 4, LeastGain = 1_000, KeepBest = true };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task However_many_workers_there_are_the_job_ends_at_the_same_step(int workers)
    {
        var run = new LocalRun { Workers = workers, Watch = Watch with { KeepBest = false }, Length = new RunLength(100, null) };
        var outcome = await run.RunAsync();
        var to = await new LocalRun { Length = new RunLength(null, End) }.RunAsync();

        Assert.Equal((true, true, End, 5), (outcome.Completed, outcome.StoppedEarly, outcome.Steps, run.Epochs.Count));
        Assert.Equal((to.ParametersSha256, to.Evaluation), (outcome.ParametersSha256, outcome.Evaluation));
        Assert.Equal(run.Epochs.MinBy(epoch => epoch.Evaluation!.Loss)!.CompletedSteps, outcome.Best!.Step);
        Assert.Equal(run.Epochs.Min(epoch => epoch.Evaluation!.Loss), outcome.Best.Value);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(12)]
    [InlineData(14)]
    [InlineData(15)]
    public async Task A_resumed_job_ends_where_it_would_have(long steps)
    {
        using var folder = new TemporaryFolder();
        var whole = await new LocalRun { Watch = Watch, Length = new RunLength(100, null), Checkpoints = folder.File("whole") }.RunAsync();
        var run = new LocalRun { Watch = Watch, Checkpoints = folder.File("parts"), Length = new RunLength(null, steps) };

        var before = await run.RunAsync();
        var after = await (run with { Workers = 3, Length = new RunLength(100, null), Resume = true }).RunAsync();

        Assert.Equal((steps, steps == End), (before.Steps, before.StoppedEarly));
        Assert.Equal((true, true, End, steps == End), (after.Completed, after.StoppedEarly, after.Steps, after.WasDone));
        Assert.Equal((whole.ParametersSha256, whole.Best), (after.ParametersSha256, after.Best));
    }

    [Fact]
    public async Task The_best_checkpoint_is_kept_beside_the_newest_ones()
    {
        using var folder = new TemporaryFolder();
        var (place, number) = (folder.File("checkpoints"), 0);
        // The second evaluation is the best.
        var measure = Metric.Of("own", 1, (_, batch, sums) => sums[0] = batch.Count, _ => Interlocked.Increment(ref number) == 2 ? 9 : 1);
        var run = new LocalRun
        {
            Task = new SmallTask { Measures = [measure] },
            Watch = new WatchSettings("own") { KeepBest = true },
            Checkpoints = place,
            CheckpointEvery = 2,
            Length = new RunLength(8, null),
        };

        var outcome = await run.RunAsync();

        Assert.Equal(new BestResult("own", 9, 6), outcome.Best);
        // A slow disk makes the others rarer, but not the best.
        var steps = CheckpointFinder.StepsIn(place);
        Assert.Contains(6, steps);
        Assert.Equal(24, steps[^1]);
        Assert.InRange(steps.Count, 2, 4);
        var best = CheckpointInfo.BestIn(place)!;
        Assert.Equal(("step-000000006", new BestResult("own", 9, 6)), (Path.GetFileName(best.Location), best.Best));
        Assert.Null(CheckpointInfo.BestIn(best.Location));
    }

    [Theory]
    [InlineData("worker-2", End - 1, FaultPhase.Compute)]
    [InlineData("worker-1", End - 1, FaultPhase.Seal)]
    [InlineData("worker-2", End - 2, FaultPhase.Snapshot)]
    [InlineData(PlannedFault.Coordinator, End - 1, FaultPhase.Seal)]
    public async Task A_crash_around_the_deciding_evaluation_changes_nothing(string member, long step, FaultPhase phase)
    {
        var run = new FaultyRun { Task = new SmallTask(), Watch = Watch with { KeepBest = false } };
        var undisturbed = (await run.RunAsync()).Job;
        var struck = await run.RunAsync(new PlannedFault(member, step, phase, FaultAction.Fail, default));

        Assert.Equal((true, End), (undisturbed.StoppedEarly, undisturbed.Steps));
        Assert.True(struck.Struck.Length == 1, run.Story);
        Assert.Equal(
            (undisturbed.ParametersSha256, undisturbed.Steps, undisturbed.StoppedEarly, undisturbed.Best, undisturbed.Evaluation),
            (struck.Job.ParametersSha256, struck.Job.Steps, struck.Job.StoppedEarly, struck.Job.Best, struck.Job.Evaluation));
    }

    [Fact]
    public async Task A_watched_job_is_verified_like_any_other()
    {
        var options = new LocalRun { Watch = Watch, Length = new RunLength(null, 20) }.Definition;
        var report = await JobVerification.RunAsync(new SmallTask(), new VerificationOptions { Definition = options });

        Assert.True(report.AllAgree, $"{report}");
    }

    [Fact]
    public async Task What_is_watched_needs_evaluations()
    {
        var run = new LocalRun { Task = new SmallTask { Data = () => new TaskData(new SmallData(96, seed: 1), new SmallData(0, seed: 2)) }, Watch = Watch };

        Assert.Equal(
            "--watch is 'loss', but task 'small' has no evaluation samples: leave it out, with --stop-after, --keep-best and --schedule plateau",
            (await Assert.ThrowsAsync<BadInputException>(() => run.RunAsync())).Message);
    }

    [Fact]
    public void A_definition_comes_back_from_its_fields_and_its_default_leaves_none()
    {
        var job = new LocalRun { Watch = Watch }.Definition;

        Assert.Equal(job.Watch, JobReader.Read("a test", new SmallTask(), job.Canonical(), job.Length).Watch);
        Assert.DoesNotContain(WatchSettings.Field, (job with { Watch = null }).Canonical().Keys);
        Assert.Equal(4, job.Canonical().Count - (job with { Watch = null }).Canonical().Count);
    }
}
