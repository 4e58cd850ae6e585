using Cluster.Train.Coordination;

namespace Cluster.Train.Tests.Scenarios;

/// <summary>Workers that cannot all reach each other: somebody stays behind, and the job goes on.</summary>
public sealed class MeetingScenarioTests(StageFixture fixture) : IClassFixture<StageFixture>
{
    [Fact]
    public void A_newcomer_whose_address_nobody_resolves_is_put_out_and_the_job_goes_on()
    {
        var result = fixture.EndsAsUndisturbed(new Scenario
        {
            Steps = 400,
            Play = cluster => cluster.At(10, () =>
            {
                cluster.Unresolved.Add("worker-4");
                cluster.StartWorker("worker-4");
            }),
        });

        Assert.Contains(result.Notices, notice => notice.StartsWith("worker-4 is put out: worker-4 and the coordinator cannot reach each other (its address", StringComparison.Ordinal));
        Assert.Contains("cannot reach each other", Assert.IsType<BadInputException>(result.Cluster.Worker("worker-4").Ended.Exception!.InnerException).Message, StringComparison.Ordinal);
        Assert.Equal((3, 3), (result.Outcome!.Generations, result.Outcome.Workers));
    }

    [Fact]
    public void One_that_comes_again_and_again_costs_the_others_ever_less()
    {
        var result = fixture.EndsAsUndisturbed(new Scenario
        {
            Length = 64,
            Steps = 40_000,
            SnapshotEvery = 100,
            Play = cluster =>
            {
                cluster.Unresolved.Add("worker-4");
                for (var time = 5; time < 200; time += 5) cluster.Clock.After(TimeSpan.FromSeconds(time), () => cluster.StartWorker("worker-4"));
            },
        });

        Assert.Contains(result.Notices, notice => notice.Contains("could not reach worker-4 at", StringComparison.Ordinal) && notice.Contains("try again in", StringComparison.Ordinal));
        Assert.True(result.Outcome!.Generations <= 9, result.Story);
    }

    [Fact]
    public void A_newcomer_that_one_member_cannot_reach_is_put_out_and_the_member_stays()
    {
        var result = fixture.EndsAsUndisturbed(new Scenario
        {
            Steps = 400,
            Play = cluster => cluster.At(10, () =>
            {
                cluster.Part("worker-1", "worker-0");
                cluster.StartWorker("worker-0");
            }),
        });

        Assert.Contains(result.Notices, notice => notice.StartsWith("worker-0 is put out: worker-0 and worker-1 cannot reach each other", StringComparison.Ordinal));
        Assert.Equal(3, result.Outcome!.Workers);
    }

    [Fact]
    public void Of_two_that_cannot_reach_each_other_from_the_start_one_stays()
    {
        var result = fixture.EndsAsUndisturbed(new Scenario { Workers = 2, Play = cluster => cluster.Part("worker-1", "worker-2") });

        Assert.Contains(result.Notices, notice => notice.StartsWith("worker-2 is put out: worker-2 and worker-1 cannot reach each other", StringComparison.Ordinal));
        Assert.Equal((2, 1), (result.Outcome!.Generations, result.Outcome.Workers));
    }

    [Fact]
    public void Of_two_members_that_lose_each_other_one_stands_by_and_nobody_ends()
    {
        var result = fixture.EndsAsUndisturbed(new Scenario
        {
            Steps = 400,
            Play = cluster => cluster.At(10, () => cluster.Part("worker-1", "worker-3")),
        });

        Assert.Contains(result.Notices, notice => notice.StartsWith("worker-3 stands by for 60 s: worker-3 and worker-1 cannot reach each other", StringComparison.Ordinal));
        Assert.Equal(2, result.Outcome!.Workers);
        Assert.True(result.Cluster.Worker("worker-3").Outcome!.Completed);
    }

    [Fact]
    public void A_member_that_was_cut_off_and_is_started_again_is_a_member_again()
    {
        var stoodBy = TimeSpan.Zero;
        var result = fixture.EndsAsUndisturbed(new Scenario
        {
            Length = 64,
            Steps = 6_000,
            SnapshotEvery = 100,
            Play = cluster => cluster.At(10, () =>
            {
                var began = cluster.Clock.MonotonicClock;
                cluster.Part("worker-1", "worker-3");
                StartAgainOnceItStandsBy();

                void StartAgainOnceItStandsBy()
                {
                    if (!cluster.Observer.Notices.Any(notice => notice.StartsWith("worker-3 stands by for 60 s", StringComparison.Ordinal)))
                    {
                        cluster.Clock.After(TimeSpan.FromSeconds(1), StartAgainOnceItStandsBy);
                        return;
                    }

                    stoodBy = cluster.Clock.MonotonicClock - began;
                    cluster.Mend();
                    cluster.Worker("worker-3").Process.Fail();
                }
            }),
        });

        Assert.DoesNotContain(result.Notices, notice => notice.Contains("could not reach", StringComparison.Ordinal));
        Assert.True(stoodBy > TimeSpan.Zero && result.Took - stoodBy < AsideBook.First, result.Story);
        Assert.Equal(3, result.Outcome!.Workers);
    }
}
