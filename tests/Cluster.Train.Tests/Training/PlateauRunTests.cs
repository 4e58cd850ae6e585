using System.Text.Json;
using Cluster.Train.Faults;
using Cluster.Train.Membership;
using Cluster.Train.Reduction;
using Cluster.Train.Running.Replay;
using Cluster.Train.Tests.Faults;
using Cluster.Train.Tests.Hosting;
using Cluster.Train.Training;
using Cluster.Train.Verification;

namespace Cluster.Train.Tests.Training;

/// <summary>Jobs whose learning rate the evaluations reduce: the same whoever computes, whatever happens.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class PlateauRunTests
{
    /// <summary>Three steps an epoch, and nothing after the first evaluation is a gain: every second evaluation reduces the rate.</summary>
    private static readonly ScheduleSettings Plateau = ScheduleSettings.Plateau(factor: 0.5f, patience: 1) with { LeastGain = 1_000 };

    private static readonly WatchSettings Watch = new("loss");

    private static readonly LocalRun s_run = new() { Schedule = Plateau, Watch = Watch, Length = new RunLength(null, 20) };

    [Theory]
    [InlineData(1, Topology.Sharded)]
    [InlineData(3, Topology.Sharded)]
    [InlineData(2, Topology.Coordinator)]
    public async Task It_is_the_job_of_the_reductions_at_their_steps(int workers, Topology topology)
    {
        var reductions = ScheduleSettings.MultiStep(0.5f, RunPart.Steps(9), RunPart.Steps(15));

        var run = s_run with { Workers = workers, Topology = topology };
        var outcome = await run.RunAsync();
        string[] told = [.. run.Notices];

        Assert.Equal(await (s_run with { Schedule = reductions, Watch = null }).HashAsync(), outcome.ParametersSha256);
        Assert.NotEqual(await (s_run with { Schedule = ScheduleSettings.Constant }).HashAsync(), outcome.ParametersSha256);
        Assert.Equal(
            [
                "after step 9 the learning rate goes down to 0.5 of what the schedule began with: no gain in loss in 2 evaluations",
                "after step 15 the learning rate goes down to 0.25 of what the schedule began with: no gain in loss in 2 evaluations",
            ],
            told.Where(notice => notice.Contains("learning rate", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_small_rate_is_not_told_as_none()
    {
        var run = s_run with { Schedule = Plateau with { Factor = 0.0001f } };

        await run.RunAsync();

        Assert.Contains(run.Notices, notice => notice.StartsWith("after step 15 the learning rate goes down to 1E-08 of", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(17)]
    public async Task A_resumed_job_has_the_same_rates(long steps)
    {
        using var folder = new TemporaryFolder();

        await (s_run with { Length = new RunLength(null, steps), Checkpoints = folder.Path }).RunAsync();
        var after = await (s_run with { Workers = 3, Checkpoints = folder.Path, Resume = true }).RunAsync();

        Assert.Equal(await s_run.HashAsync(), after.ParametersSha256);
    }

    [Theory]
    [InlineData("worker-2", 8, FaultPhase.Compute)]
    [InlineData("worker-1", 8, FaultPhase.Seal)]
    [InlineData("worker-2", 9, FaultPhase.Compute)]
    [InlineData(PlannedFault.Coordinator, 8, FaultPhase.Seal)]
    public async Task A_crash_around_the_deciding_evaluation_changes_nothing(string member, long step, FaultPhase phase)
    {
        var run = new FaultyRun { Task = new SmallTask(), Watch = Watch, Schedule = Plateau };
        var undisturbed = (await run.RunAsync()).Job;
        var struck = await run.RunAsync(new PlannedFault(member, step, phase, FaultAction.Fail, default));

        Assert.True(struck.Struck.Length == 1, run.Story);
        Assert.Equal((undisturbed.ParametersSha256, undisturbed.Evaluation), (struck.Job.ParametersSha256, struck.Job.Evaluation));
    }

    [Fact]
    public async Task It_is_verified_like_any_other()
    {
        var report = await JobVerification.RunAsync(new SmallTask(), new VerificationOptions { Definition = s_run.Definition });

        Assert.True(report.AllAgree, $"{report}");
    }

    [Fact]
    public async Task The_journal_has_the_reduced_rates_and_is_replayed_from_any_checkpoint()
    {
        using var folder = new TemporaryFolder();
        var (journal, checkpoints) = (folder.File("journal.jsonl"), folder.File("checkpoints"));

        await (s_run with { Journal = journal, Checkpoints = checkpoints, CheckpointEvery = 10, Workers = 2 }).RunAsync();

        var rates = File.ReadLines(journal).Select(line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.TryGetProperty("loss", out _) && line.TryGetProperty("learningRate", out _))
            .Select(line => line.GetProperty("learningRate").GetSingle());
        Assert.Equal([.. Enumerable.Repeat(0.1f, 9), .. Enumerable.Repeat(0.05f, 6), .. Enumerable.Repeat(0.025f, 5)], rates);
        foreach (var start in new[] { null, checkpoints })
        {
            var replayed = await JournalReplay.RunAsync(
                new ReplayOptions { Tasks = [new SmallTask()], Journal = journal, Checkpoint = start }, new LocalRun(), CancellationToken.None);
            Assert.True(replayed is { Complete: true, Difference: null }, $"{replayed}");
        }
    }

    [Fact]
    public async Task It_needs_a_metric_to_go_by()
    {
        var run = s_run with { Watch = null };

        Assert.Equal(
            "--schedule plateau:factor=0.5,patience=1,gain=1000 goes by a metric of the evaluations, and the job watches none: give --watch METRIC, in code JobDefinition.Watch",
            (await Assert.ThrowsAsync<BadInputException>(() => run.RunAsync())).Message);
    }
}
