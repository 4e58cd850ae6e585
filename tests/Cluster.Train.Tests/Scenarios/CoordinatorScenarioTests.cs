using Cluster.Train.Faults;

namespace Cluster.Train.Tests.Scenarios;

/// <summary>Coordinators that are replaced, and replicas that part.</summary>
public sealed class CoordinatorScenarioTests(StageFixture fixture) : IClassFixture<StageFixture>
{
    /// <summary>All phases.</summary>
    public static TheoryData<FaultPhase, FaultAction> Takeovers
    {
        get
        {
            var cases = new TheoryData<FaultPhase, FaultAction>();
            foreach (var phase in Enum.GetValues<FaultPhase>())
            {
                cases.Add(phase, FaultAction.Fail);
                cases.Add(phase, FaultAction.Hang);
                cases.Add(phase, FaultAction.Cut);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Takeovers))]
    public void A_successor_goes_on_with_the_job_and_its_account_in_whatever_phase_it_takes_over(FaultPhase phase, FaultAction action)
    {
        // A coordinator owns no slice here; its recoveries stand in for these phases, so there has to be one.
        var scenario = new Scenario
        {
            SnapshotEvery = 2,
            Plan = FaultPlan.Of(
                new PlannedFault("worker-3", 8, FaultPhase.Compute, FaultAction.Fail, TimeSpan.Zero),
                new PlannedFault(PlannedFault.Coordinator, phase == FaultPhase.Join ? 0 : 8, phase, action, Timeout.InfiniteTimeSpan)),
        };
        var result = fixture.EndsAsUndisturbed(scenario);

        Assert.Equal(2, result.Cluster.Faults.Struck.Length);
        Assert.Equal(
            result.Cluster.Observer.Rosters.Select(roster => roster.Generation).Order().Distinct(),
            result.Cluster.Observer.Rosters.Select(roster => roster.Generation));
    }

    [Fact]
    public void A_successor_that_finds_none_of_the_workers_goes_on_from_the_checkpoint()
    {
        var scenario = new Scenario
        {
            Checkpoints = true,
            CheckpointEvery = 8,
            Play = cluster => cluster.At(18, () =>
            {
                cluster.Crash();
                foreach (var run in cluster.Present.ToArray()) run.Process.Fail();
            }),
        };
        var result = scenario.Run(fixture.Stage);

        Assert.True(result.Error is null, result.Story);
        Assert.Equal(scenario.Expected(fixture.Stage).ParametersSha256, result.Outcome!.ParametersSha256);
        Assert.Contains(result.Cluster.Observer.Rosters, roster => roster.FirstStep is 8 or 16);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(2)]
    public void A_coordinator_that_dies_after_the_last_checkpoint_has_a_successor_that_ends_the_job_well(int remaining)
    {
        var scenario = new Scenario
        {
            Checkpoints = true,
            CheckpointEvery = 8,
            Restarts = false,
            Play = cluster => cluster.Written = step =>
            {
                if (step == 24)
                {
                    cluster.Written = null;
                    cluster.Crash();
                    foreach (var run in cluster.Present.Skip(remaining).ToArray()) run.Process.Fail();
                }
            },
        };
        var result = scenario.Run(fixture.Stage);

        Assert.True(result.Outcome is { Completed: true, WasDone: true, Steps: 24 }, $"{result.Error}\n{result.Story}");
        Assert.Equal(scenario.Expected(fixture.Stage).ParametersSha256, result.Outcome.ParametersSha256);
        Assert.True(result.Idle, result.Story);
        Assert.All(result.Cluster.Present, run => Assert.True(run.Outcome!.Completed));
        Assert.Contains(result.Notices, notice => notice.EndsWith("is the end of this job: nothing left to do", StringComparison.Ordinal));
        // It waits for the workers with which the job began, but not for long.
        Assert.True(result.Took < TimeSpan.FromSeconds(60), $"{result.Took}");
    }

    [Fact]
    public void A_successor_does_not_wait_long_for_a_worker_that_died_with_its_predecessor()
    {
        var crash = TimeSpan.Zero;
        var resumed = TimeSpan.Zero;
        var scenario = new Scenario
        {
            SnapshotEvery = 2,
            Play = cluster => cluster.At(9, () =>
            {
                crash = cluster.Clock.MonotonicClock;
                cluster.Crash();
                cluster.Worker("worker-3").Process.Strike(new PlannedFault("worker-3", 9, FaultPhase.Compute, FaultAction.Hang, Timeout.InfiniteTimeSpan));
                cluster.Observer.Formed = () => resumed = resumed == TimeSpan.Zero ? cluster.Clock.MonotonicClock : resumed;
            }),
        };
        var result = fixture.EndsAsUndisturbed(scenario);

        Assert.Equal(2, result.Cluster.Observer.Rosters[1].Workers);
        // A second one is started in its place after three seconds.
        Assert.True(resumed - crash < TimeSpan.FromSeconds(7), $"{(resumed - crash).TotalSeconds} s\n{result.Story}");
    }

    [Fact]
    public void Workers_that_come_back_one_after_the_other_are_waited_for_where_the_first_holds_too_little()
    {
        var result = fixture.EndsAsUndisturbed(new Scenario
        {
            Plan = new FaultPlan([.. Enumerable.Range(1, 3).Select(number => new PlannedFault(
                $"worker-{number}", 9, FaultPhase.Compute, FaultAction.Hang, TimeSpan.FromSeconds(12 + (2 * number))))]),
        });

        // Each of the three holds two of the three parts of the optimizer's state.
        var rosters = result.Cluster.Observer.Rosters;
        Assert.True(rosters.Count > 1 && rosters.Skip(1).All(roster => roster.FirstStep >= 8), result.Story);
        Assert.Equal(2, rosters[1].Workers);
    }

    [Fact]
    public void The_replica_that_differs_is_named_put_out_and_admitted_again()
    {
        var result = fixture.EndsAsUndisturbed(new Scenario { Steps = 400, Play = cluster => CorruptOnce(cluster, "worker-2") });

        Assert.Contains(result.Notices, notice => notice.Contains("the parameters of worker-2 differ from the others'", StringComparison.Ordinal));
        Assert.Equal([3, 2, 3], result.Cluster.Observer.Rosters.Select(roster => roster.Workers));
    }

    [Fact]
    public void Two_replicas_that_differ_once_return_to_the_snapshot_before()
    {
        var result = fixture.EndsAsUndisturbed(new Scenario { Workers = 2, Play = cluster => CorruptOnce(cluster, "worker-2") });

        Assert.Contains(result.Notices, notice => notice.Contains("none of them has a majority", StringComparison.Ordinal));
    }

    [Fact]
    public void Two_replicas_that_always_differ_end_the_job_and_say_why()
    {
        var result = new Scenario { Workers = 2, Play = cluster => cluster.Corrupt = (name, _, parameters) => parameters[5] += name == "worker-2" ? 1 : 0 }.Run(fixture.Stage);

        var error = Assert.IsType<TrainingFaultException>(result.Error);
        Assert.Contains("20 generations ended before they got anywhere", error.Message, StringComparison.Ordinal);
        Assert.Contains("none of them has a majority", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_snapshot_that_was_not_compared_is_no_point_to_return_to()
    {
        var result = fixture.EndsAsUndisturbed(new Scenario
        {
            Steps = 400,
            Plan = FaultPlan.Of(new PlannedFault("worker-3", 12, FaultPhase.Seal, FaultAction.Fail, TimeSpan.Zero)),
            Play = cluster => cluster.Corrupt = (name, step, parameters) => parameters[5] += name == "worker-2" && step == 12 && cluster.Observer.Rosters.Count == 1 ? 1 : 0,
        });

        Assert.Single(result.Cluster.Faults.Struck);
        Assert.Equal(8, result.Cluster.Observer.Rosters[1].FirstStep);
    }

    [Fact]
    public void A_newcomer_with_other_frozen_values_is_refused_and_the_job_goes_on()
    {
        var result = fixture.EndsAsUndisturbed(new Scenario
        {
            Steps = 400,
            Play = cluster =>
            {
                cluster.Frozen = name => name == "worker-4" ? [1, 2.0000002f] : null;
                cluster.At(10, () => cluster.StartWorker("worker-4"));
            },
        });

        Assert.Contains(result.Notices, notice => notice.StartsWith("worker-4 was refused: initial values differ: frozen parameter 'frozen' starts from other values", StringComparison.Ordinal));
        Assert.Equal([3], result.Cluster.Observer.Rosters.Select(roster => roster.Workers));
        Assert.Equal(0, result.Outcome!.Recoveries);
    }

    [Theory]
    [InlineData("worker-1")]
    [InlineData("worker-2")]
    [InlineData("worker-3")]
    public void Workers_that_do_not_agree_before_the_first_step_end_the_job_whoever_came_first(string other)
    {
        var result = new Scenario { Restarts = false, Play = cluster => cluster.Frozen = name => name == other ? [1, 2.0000002f] : null }.Run(fixture.Stage);

        var error = Assert.IsType<BadInputException>(result.Error);
        Assert.StartsWith("the workers do not start from the same state, and nothing tells which of them is right; worker-", error.Message, StringComparison.Ordinal);
        Assert.Contains("initial values differ: frozen parameter 'frozen' starts from other values", error.Message, StringComparison.Ordinal);
        Assert.Empty(result.Cluster.Observer.Rosters);
        Assert.True(result.Idle);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Frozen_values_that_change_on_one_worker_are_found_at_the_next_snapshot_and_made_anew(int workers)
    {
        var result = fixture.EndsAsUndisturbed(new Scenario
        {
            Workers = workers,
            Steps = 400,
            Play = cluster => cluster.At(9, () =>
            {
                var until = cluster.Clock.MonotonicClock + TimeSpan.FromMilliseconds(200);
                cluster.Frozen = name => name == "worker-2" && cluster.Clock.MonotonicClock < until ? [1, 3] : null;
            }),
        });

        Assert.Contains(result.Notices, notice => notice.Contains(workers == 3 ? "the parameters of worker-2 differ from the others'" : "none of them has a majority", StringComparison.Ordinal));
        Assert.All(result.Cluster.Observer.Rosters, roster => Assert.True(roster.FirstStep <= 12, result.Story));
    }

    private static void CorruptOnce(SimulatedCluster cluster, string name)
    {
        var done = false;
        cluster.Corrupt = (worker, step, parameters) =>
        {
            if (worker == name && step >= 8 && !done)
            {
                done = true;
                parameters[5] += 1;
            }
        };
    }
}
