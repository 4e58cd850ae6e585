using Cluster.Train.Hosting.Dashboard;
using Cluster.Train.Nodes;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Hosting.Dashboard;

/// <summary>What a dashboard knows of a job, without a server.</summary>
public sealed class JobHistoryTests
{
    private static readonly RosterFormed Roster = FakeEngine.Roster;

    [Fact]
    public void Ten_thousand_epochs_of_several_metrics_stay_bounded_with_best_and_last_exact()
    {
        var history = new JobHistory();
        history.Take(Roster, 0);
        for (var epoch = 1; epoch <= 10_000; epoch++)
        {
            // The best one lies where no stride comes by.
            var evaluation = new EvaluationResult(epoch == 7_777 ? 0.001 : 1 + (1.0 / epoch), 0.5 + (epoch / 30_000.0), 500)
            {
                Metrics = [new MetricResult("f1", epoch == 3_333 ? 0.99 : 0.5), new MetricResult("mae", epoch == 9_999 ? 0.01 : 2) { HigherIsBetter = false }],
            };
            history.Take(new JobProgress(epoch * 20, epoch * 2500, 1, 1, 1000 + epoch), epoch);
            history.Take(new EpochResult(epoch, epoch * 20, 2.0 / epoch, evaluation, TimeSpan.FromSeconds(epoch)), epoch);
            history.Take(new CheckpointWritten(epoch * 20, "somewhere"), epoch);
            history.Take(Invariant($"notice {epoch}"), epoch);
            history.Take(Roster with { Generation = epoch }, epoch);
        }

        Assert.Equal(["step loss", "loss", "test loss", "accuracy", "f1", "mae"], history.Curves.Select(curve => curve.Name));
        Assert.All(history.Curves.Append(history.Throughput), curve =>
        {
            Assert.InRange(curve.Kept.Count, 500, Curve.Most);
            Assert.Equal(10_000, curve.Count);
        });
        Assert.Equal(new CurvePoint(7_777 * 20, 0.001), history.Curves[2].Best);
        Assert.Equal(new CurvePoint(3_333 * 20, 0.99), history.Curves[4].Best);
        Assert.Equal(new CurvePoint(9_999 * 20, 0.01), history.Curves[5].Best);
        Assert.Equal(new CurvePoint(200_000, 2.0 / 10_000), history.Curves[1].Last);
        Assert.Equal((JobHistory.MostHappenings, JobHistory.MostNotices), (history.Happenings.Count, history.Notices.Count));
        Assert.Equal("notice 10000", history.Notices[^1].Text);
        Assert.Equal((10_001, 10_000), (history.Counts.Generations, history.Checkpoints.Count));
    }

    [Theory]
    [InlineData("examining", JobStanding.Waiting)]
    [InlineData("gathering", JobStanding.Waiting)]
    [InlineData("preparing", JobStanding.Waiting)]
    [InlineData("running", JobStanding.Running)]
    [InlineData("ending", JobStanding.Running)]
    internal void Before_the_first_generation_what_is_no_training_is_waiting(string phase, JobStanding expected)
    {
        var history = new JobHistory();

        history.Take(Status(phase), 1);

        Assert.Equal(expected, history.Standing.Standing);
    }

    [Theory]
    [InlineData("recovering", false, JobStanding.Recovering)]
    [InlineData("gathering", false, JobStanding.Recovering)]
    [InlineData("gathering", true, JobStanding.Waiting)]
    [InlineData("preparing", false, JobStanding.Recovering)]
    [InlineData("running", false, JobStanding.Running)]
    internal void After_it_the_job_recovers_or_waits_for_workers(string phase, bool waits, JobStanding expected)
    {
        var history = new JobHistory();
        history.Take(Roster, 1);

        history.Take(Status(phase) with { Waiting = waits ? new StatusWaiting("1 more worker", phase, 2) : null }, 2);

        Assert.Equal(expected, history.Standing.Standing);
    }

    [Fact]
    public void A_recovery_says_why_until_the_next_generation_and_throughput_falls_to_nothing()
    {
        var history = new JobHistory();
        history.Take(Roster, 1);
        history.Take(new JobProgress(20, 2500, 0.7, 0.7, 900), 2);
        history.Take(new JobRecovery(1, 15, 5, "worker-2 ended unexpectedly"), 3);
        history.Take(Status("preparing"), 3.5);

        Assert.Equal((JobStanding.Recovering, "worker-2 ended unexpectedly", 3), history.Standing);
        Assert.Equal(0, history.Throughput.Last!.Value.Value);
        history.Take(Roster with { Generation = 2, FirstStep = 15 }, 4);
        Assert.Equal((JobStanding.Running, "", 4), history.Standing);
        Assert.Equal((2, 1, 5L), history.Counts);
        Assert.Equal(["generation", "recovery", "generation"], history.Happenings.Select(happening => happening.Kind));
        Assert.Equal(20, history.Steps);
    }

    [Fact]
    public void An_end_stays_whatever_comes_after_it()
    {
        var done = new JobHistory();
        done.Take(Roster, 1);
        done.Take(new JobEnding(FakeEngine.Outcome, Fault: null), 2);
        done.Take(Status("gathering"), 3);
        done.Take(new RunEnded(JobStanding.Failed, "too late"), 4);
        Assert.Equal(JobStanding.Done, done.Standing.Standing);

        var failed = new JobHistory();
        failed.Take(new JobEnding(Outcome: null, "too few workers"), 2);
        Assert.Equal((JobStanding.Failed, "too few workers", 2), failed.Standing);

        var stopped = new JobHistory();
        stopped.Take(new JobEnding(FakeEngine.Outcome with { Completed = false, Steps = 13 }, Fault: null), 2);
        Assert.Equal((JobStanding.Stopped, "stopped after step 13", 2), stopped.Standing);

        var early = new JobHistory();
        early.Take(new RunEnded(JobStanding.Failed, "no cluster let this node in"), 2);
        Assert.Equal((JobStanding.Failed, "no cluster let this node in", 2), early.Standing);
    }

    [Fact]
    public void A_job_that_is_stopped_before_it_has_an_outcome_has_not_failed()
    {
        var history = new JobHistory();
        history.Take(new JobEnding(Outcome: null, "stopped before the first step"), 2);
        history.Take(new RunEnded(JobStanding.Stopped, "stopped before the first step"), 3);

        Assert.Equal((JobStanding.Stopped, "stopped before the first step"), (history.Standing.Standing, history.Standing.Reason));
    }

    [Fact]
    public void A_node_stands_by_while_another_coordinates_and_runs_once_it_has_taken_over()
    {
        var history = new JobHistory();
        var (here, there) = (new HostPort("127.0.0.1", 4055), new HostPort("127.0.0.1", 4053));
        var known = new PlacesKnown([new CoordinatorPlace(there, new Uri("http://127.0.0.1:8090/"), Coordinates: true, IsHere: false), new CoordinatorPlace(here, null, Coordinates: false, IsHere: true)]);

        history.Take(known, 1);
        Assert.Equal((JobStanding.Standby, "127.0.0.1:4053 coordinates", 1), history.Standing);

        history.Take(Status("gathering"), 10);
        history.Take(Roster, 11);
        // The node learns a little later that it is the oldest now.
        history.Take(known, 12);
        Assert.Equal(JobStanding.Running, history.Standing.Standing);
    }

    [Fact]
    public void A_notice_that_comes_again_is_counted()
    {
        var history = new JobHistory();
        foreach (var text in new[] { "one", "two", "one", new string('a', 5000) }) history.Take(text, 1);

        Assert.Equal([("two", 1), ("one", 2)], history.Notices.Take(2).Select(notice => (notice.Text, notice.Count)));
        Assert.Equal(1001, history.Notices[2].Text.Length);
    }

    [Fact]
    public void Where_time_goes_is_told_of_the_whole_run_and_of_the_last_half_minute()
    {
        var book = new StepTimeBook();
        for (var second = 0; second <= 100; second++) book.Add(second, new StepTime(0, Math.Min(second, 60), Math.Max(0, second - 60), 0, 0));

        Assert.Equal((60, 40), (book.Total.Compute, book.Total.Wait));
        Assert.Equal((0, 30), (book.Recent.Compute, book.Recent.Wait));
    }

    private static StatusReport Status(string phase) => new("xor", "hash", phase, 0, 0, 0, 0, "", [], Waiting: null, []);
}
