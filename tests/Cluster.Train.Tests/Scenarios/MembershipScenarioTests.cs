using Cluster.Train.Faults;
using Cluster.Train.Membership;

namespace Cluster.Train.Tests.Scenarios;

/// <summary>Workers that come, go, die, hang and come back.</summary>
public sealed class MembershipScenarioTests(StageFixture fixture) : IClassFixture<StageFixture>
{
    [Fact]
    public void A_worker_that_joins_at_half_time_is_admitted_and_nobody_replays()
    {
        var result = fixture.EndsAsUndisturbed(new Scenario { Play = cluster => cluster.At(10, () => cluster.StartWorker("worker-4")) });

        Assert.Equal(0, result.Outcome!.ReplayedSteps);
        Assert.Equal([3, 4], result.Cluster.Observer.Rosters.Select(roster => roster.Workers));
    }

    [Fact]
    public void A_worker_that_leaves_at_half_time_goes_in_good_order_and_nobody_replays()
    {
        var result = fixture.EndsAsUndisturbed(new Scenario { Play = cluster => cluster.At(10, () => cluster.Leave("worker-2")) });

        Assert.Equal(0, result.Outcome!.ReplayedSteps);
        Assert.Equal([3, 2], result.Cluster.Observer.Rosters.Select(roster => roster.Workers));
        Assert.Equal("left in good order", result.Cluster.Worker("worker-2").Outcome!.Reason);
    }

    [Fact]
    public void A_worker_that_leaves_before_there_is_a_job_to_do_is_let_go_at_once()
    {
        var result = new Scenario
        {
            Workers = 2,
            MinWorkers = 2,
            Play = cluster =>
            {
                cluster.Worker("worker-2").Process.Fail();
                cluster.Clock.After(TimeSpan.FromMilliseconds(500), () => cluster.Leave("worker-1"));
                cluster.Clock.After(TimeSpan.FromSeconds(1), () => Assert.True(cluster.Worker("worker-1").Ended.IsCompleted));
                cluster.Clock.After(TimeSpan.FromSeconds(2), () => cluster.StartWorker("worker-1"));
            },
        }.Run(fixture.Stage);

        Assert.True(result.Outcome!.Completed);
    }

    [Fact]
    public void A_worker_that_dies_mid_step_does_not_change_the_result()
    {
        var result = fixture.EndsAsUndisturbed(new Scenario { Restarts = false, Plan = Fault("worker-2", 10, FaultPhase.Broadcast, FaultAction.Fail) });

        Assert.Equal(1, result.Outcome!.Recoveries);
        Assert.InRange(result.Outcome.ReplayedSteps, 0, 8);
        Assert.Contains(result.Notices, notice => notice.Contains("worker-2", StringComparison.Ordinal));
    }

    [Fact]
    public void When_an_owner_and_its_backup_die_at_once_the_job_returns_to_the_checkpoint()
    {
        var result = fixture.EndsAsUndisturbed(new Scenario
        {
            Checkpoints = true,
            CheckpointEvery = 6,
            Play = cluster => cluster.At(16, () =>
            {
                cluster.Worker("worker-1").Process.Fail();
                cluster.Worker("worker-2").Process.Fail();
            }),
        });

        Assert.Contains(result.Notices, notice => notice.Contains("returning to the checkpoint of step ", StringComparison.Ordinal));
    }

    [Fact]
    public void Below_the_minimum_the_job_waits_says_for_what_and_leaves_a_checkpoint()
    {
        var result = (Scenario.NeedsBothWorkers with
        {
            Plan = Fault("worker-2", 10, FaultPhase.Compute, FaultAction.Fail),
        }).Run(fixture.Stage);

        var error = Assert.IsType<TrainingFaultException>(result.Error);
        Assert.StartsWith("waited 40 s for at least 2 workers, and 1 is ready", error.Message, StringComparison.Ordinal);
        Assert.Contains("the checkpoint step-8 holds what was done", error.Message, StringComparison.Ordinal);
        Assert.Contains("waiting for 2 workers; 1 is ready", result.Notices);
        Assert.Equal([8], result.Cluster.Disk.Keys);
        Assert.True(result.Took > TimeSpan.FromSeconds(40));
    }

    [Fact]
    public void An_evaluation_that_takes_longer_than_a_step_may_goes_on_while_batches_come()
    {
        var result = fixture.EndsAsUndisturbed(new Scenario
        {
            Play = cluster => cluster.EvaluationBatches = (name, _) => name == "worker-2" ? 30 : 10,
        });

        Assert.Equal((1, 0), (result.Outcome!.Generations, result.Outcome.Recoveries));
        Assert.True(result.Took > TimeSpan.FromSeconds(100));
    }

    [Fact]
    public void An_evaluation_that_hangs_is_named_as_one_and_the_job_goes_on_without_it()
    {
        var hung = false;
        var result = fixture.EndsAsUndisturbed(new Scenario
        {
            Play = cluster => cluster.EvaluationBatches = (name, step) =>
            {
                if (hung || name != "worker-2" || step < 10)
                {
                    return 0;
                }

                hung = true;
                return -3;
            },
        });

        Assert.Contains(
            "generation 1 ends: the evaluation after step 10 stands still: no batch was done in 4 s; waiting for worker-2, which has done 3 of 4 batches", result.Notices);
    }

    [Theory]
    [InlineData(Topology.Sharded)]
    [InlineData(Topology.Coordinator)]
    public void A_stop_of_the_whole_machine_is_no_part_of_any_wait(Topology topology)
    {
        for (var step = 1; step < 24; step++)
        {
            var result = fixture.EndsAsUndisturbed(new Scenario
            {
                Topology = topology,
                Play = cluster => cluster.At(step, () => cluster.Clock.Leap(TimeSpan.FromMinutes(10))),
            });

            Assert.True(result.Outcome!.Generations == 1, $"stopped at step {step}\n{result.Story}");
        }
    }

    [Theory]
    [InlineData(FaultAction.Hang, 8)]
    [InlineData(FaultAction.Hang, 30)]
    [InlineData(FaultAction.Cut, 8)]
    [InlineData(FaultAction.Cut, 30)]
    public void A_worker_that_was_away_for_a_time_is_a_member_again(FaultAction action, int seconds)
    {
        var result = fixture.EndsAsUndisturbed(new Scenario
        {
            Length = 64,
            Steps = 12_000,
            SnapshotEvery = 100,
            Plan = Fault("worker-2", 10, FaultPhase.Compute, action, TimeSpan.FromSeconds(seconds)),
        });

        Assert.Equal(3, result.Outcome!.Workers);
        Assert.True(result.Outcome.Generations > 1);
        Assert.Equal(3, result.Cluster.Workers.Count);
    }

    [Fact]
    public void A_worker_that_starts_again_under_its_name_is_somebody_else()
    {
        var result = fixture.EndsAsUndisturbed(new Scenario { Steps = 2000, SnapshotEvery = 50, Plan = Fault("worker-2", 10, FaultPhase.PartialSums, FaultAction.Fail) });

        Assert.Equal([3, 2, 3], result.Cluster.Observer.Rosters.Select(roster => roster.Workers));
        Assert.Equal(2, result.Cluster.Workers.Count(run => run.Identity.Name == "worker-2"));
    }

    [Fact]
    public void A_worker_beyond_the_most_stands_by_and_takes_the_place_of_one_that_dies()
    {
        var result = fixture.EndsAsUndisturbed(new Scenario
        {
            Workers = 2,
            MaxWorkers = 2,
            Restarts = false,
            Play = cluster =>
            {
                cluster.StartWorker("worker-3");
                cluster.At(12, () => cluster.Worker("worker-1").Process.Fail());
            },
        });

        Assert.Equal([2, 2], result.Cluster.Observer.Rosters.Select(roster => roster.Workers));
        Assert.True(result.Cluster.Worker("worker-3").Outcome!.Completed);
    }

    [Theory]
    [InlineData(Topology.Sharded)]
    [InlineData(Topology.Coordinator)]
    public void Messages_that_come_again_long_after_their_time_change_nothing(Topology topology)
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            fixture.EndsAsUndisturbed(new Scenario
            {
                Seed = seed,
                Topology = topology,
                Steps = 60,
                Plan = Fault("worker-2", 10, FaultPhase.Compute, FaultAction.Fail),
                Play = cluster => cluster.Echoes = true,
            });
        }
    }

    private static FaultPlan Fault(string member, long step, FaultPhase phase, FaultAction action, TimeSpan duration = default) =>
        FaultPlan.Of(new PlannedFault(member, step, phase, action, duration));
}
