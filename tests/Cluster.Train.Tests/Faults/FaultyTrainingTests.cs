using System.Diagnostics;
using System.Globalization;
using Cluster.Train.Cli.Tasks;
using Cluster.Train.Faults;
using Cluster.Train.Held;
using Cluster.Train.Membership;
using Cluster.Train.Running;
using Cluster.Train.Tests.Hosting;
using Cluster.Train.Tests.Training;
using TorchSharp;
using Xunit.Abstractions;

namespace Cluster.Train.Tests.Faults;

[Collection(LibtorchGroup.Name)]
public sealed class FaultyTrainingTests(ITestOutputHelper output, UndisturbedRuns undisturbed) : IClassFixture<UndisturbedRuns>
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>Ten seeds; <c>CLUSTER_TRAIN_FAULTY_RUNS=N</c> tries another number.</summary>
    public static TheoryData<long> Seeds => [.. Enumerable.Range(1, int.TryParse(
        Environment.GetEnvironmentVariable("CLUSTER_TRAIN_FAULTY_RUNS"), CultureInfo.InvariantCulture, out var number) ? number : 10).Select(seed => (long)seed)];

    /// <summary>The model is of one slice, and worker-1 owns it.</summary>
    [Theory]
    [InlineData(FaultAction.Fail, FaultPhase.Compute)]
    [InlineData(FaultAction.Fail, FaultPhase.PartialSums)]
    [InlineData(FaultAction.Fail, FaultPhase.Broadcast)]
    [InlineData(FaultAction.Fail, FaultPhase.Snapshot)]
    [InlineData(FaultAction.Fail, FaultPhase.Seal)]
    [InlineData(FaultAction.Hang, FaultPhase.Lease)]
    [InlineData(FaultAction.Hang, FaultPhase.OwnerSum)]
    [InlineData(FaultAction.Hang, FaultPhase.Seal)]
    [InlineData(FaultAction.Delay, FaultPhase.Lease)]
    [InlineData(FaultAction.Delay, FaultPhase.Broadcast)]
    [InlineData(FaultAction.Delay, FaultPhase.Seal)]
    [InlineData(FaultAction.Drop, FaultPhase.Compute)]
    [InlineData(FaultAction.Drop, FaultPhase.PartialSums)]
    [InlineData(FaultAction.Drop, FaultPhase.Lease)]
    [InlineData(FaultAction.Duplicate, FaultPhase.Lease)]
    [InlineData(FaultAction.Duplicate, FaultPhase.Compute)]
    [InlineData(FaultAction.Duplicate, FaultPhase.Snapshot)]
    [InlineData(FaultAction.Cut, FaultPhase.Compute)]
    [InlineData(FaultAction.Cut, FaultPhase.Snapshot)]
    public async Task A_worker_is_struck_and_the_bits_are_those_of_the_undisturbed_run(FaultAction action, FaultPhase phase) =>
        await LeavesNoTraceAsync(new FaultyRun(), new PlannedFault(phase is FaultPhase.OwnerSum or FaultPhase.Broadcast ? "worker-1" : "worker-2", 12, phase, action, Second / 2));

    [Theory]
    [InlineData(FaultAction.Fail, FaultPhase.Lease, Topology.Sharded)]
    [InlineData(FaultAction.Fail, FaultPhase.OwnerSum, Topology.Coordinator)]
    [InlineData(FaultAction.Hang, FaultPhase.Compute, Topology.Sharded)]
    [InlineData(FaultAction.Drop, FaultPhase.Broadcast, Topology.Coordinator)]
    [InlineData(FaultAction.Cut, FaultPhase.Seal, Topology.Sharded)]
    public async Task The_coordinator_is_struck_and_the_bits_are_the_same(FaultAction action, FaultPhase phase, Topology topology) =>
        await LeavesNoTraceAsync(new FaultyRun { Topology = topology }, new PlannedFault(PlannedFault.Coordinator, 12, phase, action, Second / 2));

    [Theory]
    [InlineData(FaultAction.Fail, FaultPhase.Broadcast)]
    [InlineData(FaultAction.Hang, FaultPhase.PartialSums)]
    [InlineData(FaultAction.Drop, FaultPhase.OwnerSum)]
    [InlineData(FaultAction.Cut, FaultPhase.PartialSums)]
    public async Task An_exchange_over_TCP_is_struck_and_the_bits_are_the_same(FaultAction action, FaultPhase phase) => await LeavesNoTraceAsync(
        new FaultyRun { Settings = new FaultyTrainingSettings { SharesMemory = false } },
        new PlannedFault("worker-1", 12, phase, action, Second / 2));

    [Fact]
    public async Task Those_that_end_as_they_join_are_followed_by_others_and_all_take_part() => await LeavesNoTraceAsync(
        new FaultyRun { Settings = new FaultyTrainingSettings { MinWorkers = 3 } },
        new PlannedFault("worker-1", 0, FaultPhase.Join, FaultAction.Fail, default),
        new PlannedFault("worker-3", 0, FaultPhase.Lease, FaultAction.Fail, default),
        new PlannedFault("worker-2", 20, FaultPhase.Seal, FaultAction.Fail, default));

    [Theory]
    [InlineData("worker-3", FaultAction.Hang, FaultPhase.Compute)]
    [InlineData("worker-3", FaultAction.Cut, FaultPhase.Lease)]
    [InlineData(PlannedFault.Coordinator, FaultAction.Hang, FaultPhase.Seal)]
    [InlineData(PlannedFault.Coordinator, FaultAction.Cut, FaultPhase.Snapshot)]
    public async Task Whoever_is_gone_for_good_is_given_up(string member, FaultAction action, FaultPhase phase) =>
        await LeavesNoTraceAsync(new FaultyRun(), new PlannedFault(member, 12, phase, action, Timeout.InfiniteTimeSpan));

    [Fact]
    public async Task Workers_and_coordinator_end_and_the_job_goes_on_from_its_checkpoint()
    {
        using var folder = new TemporaryFolder();
        await LeavesNoTraceAsync(
            new FaultyRun { Checkpoints = folder.File("checkpoints") },
            [.. new[] { "worker-1", "worker-2", "worker-3", PlannedFault.Coordinator }.Select(member =>
                new PlannedFault(member, 45, FaultPhase.Seal, FaultAction.Fail, default))]);
    }

    [Fact]
    public async Task A_run_that_nobody_is_left_for_says_what_it_waited_for()
    {
        var run = new FaultyRun { JoinTimeout = Second * 5 };

        var error = await Assert.ThrowsAsync<TrainingFaultException>(() => run.RunAsync(
            [.. Enumerable.Range(1, 3).Select(number => new PlannedFault($"worker-{number}", 9, FaultPhase.Compute, FaultAction.Hang, Timeout.InfiniteTimeSpan))]));

        Assert.Equal(
            "waited 5 s for at least 1 worker, and 0 are ready: start workers whose --seed-node is this coordinator, or give a longer --join-timeout",
            error.Message);
    }

    [Fact]
    public async Task A_run_that_is_stopped_while_a_member_hangs_ends_at_a_step_boundary()
    {
        using var stop = new CancellationTokenSource();
        var run = new FaultyRun
        {
            Task = new HeldTask(new XorTask(), data => new HeldDataset(data, epoch: 0, () => stop.IsCancellationRequested)),
            Noticed = notice => { if (notice.StartsWith("fault: ", StringComparison.Ordinal)) stop.Cancel(); },
        };

        var outcome = await run.RunAsync(FaultPlan.Of(new PlannedFault("worker-1", 12, FaultPhase.Lease, FaultAction.Hang, Second)), stop.Token);

        Assert.False(outcome.Job.Completed);
        Assert.Single(outcome.Struck);
        Assert.InRange(outcome.Job.Steps, 1, FaultyRun.Steps - 1);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Random_faults_leave_no_trace_or_the_reason_has_a_name(long seed)
    {
        var run = new FaultyRun
        {
            Task = new SmallTask { Model = () => torch.nn.Sequential(("in", torch.nn.Linear(SmallData.Width, 601)), ("out", torch.nn.Linear(601, SmallData.Classes))) },
            Topology = seed % 3 == 0 ? Topology.Coordinator : Topology.Sharded,
            Settings = new FaultyTrainingSettings { SharesMemory = seed % 2 == 0 },
        };
        var plan = FaultPlan.Generate(seed, ["worker-1", "worker-2", "worker-3", PlannedFault.Coordinator], FaultyRun.Steps * 2 / 3, longest: Second);
        output.WriteLine($"{plan}");
        try
        {
            undisturbed.AssertSame(run, (await run.RunAsync(plan)).Job);
        }
        catch (TrainingFaultException error)
        {
            output.WriteLine($"ended: {error.Message}");
        }
        finally
        {
            output.WriteLine(run.Story);
        }
    }

    private async Task LeavesNoTraceAsync(FaultyRun run, params PlannedFault[] faults)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            var outcome = await run.RunAsync(faults);
            output.WriteLine($"{Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s, {outcome.Job.Generations} generations, {outcome.Job.ReplayedSteps} steps replayed");
            Assert.Equal(faults.Select(fault => $"{fault}").Order(), outcome.Struck.Select(fault => $"{fault}").Order());
            undisturbed.AssertSame(run, outcome.Job);
        }
        finally
        {
            output.WriteLine(run.Story);
        }
    }
}

/// <summary>The outcomes without faults, each computed once.</summary>
public sealed class UndisturbedRuns
{
    private readonly Dictionary<object, JobOutcome> _outcomes = [];

    internal void AssertSame(FaultyRun run, JobOutcome outcome)
    {
        var expected = Of(run);
        Assert.Equal((expected.ParametersSha256, expected.Steps, expected.Samples), (outcome.ParametersSha256, outcome.Steps, outcome.Samples));
        Assert.Equal((expected.Loss, expected.Evaluation), (outcome.Loss, outcome.Evaluation));
    }

    private JobOutcome Of(FaultyRun run)
    {
        var key = (run.Task.Name, run.Topology, run.Optimizer.Canonical());
        if (!_outcomes.TryGetValue(key, out var outcome))
        {
            outcome = LocalTraining.RunAsync(run.Options with { CheckpointDirectory = null }, new FaultyRun(), default).GetAwaiter().GetResult();
            _outcomes[key] = outcome;
        }

        return outcome;
    }
}
