using Cluster.Train.Checkpoints;
using Cluster.Train.Coordination;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Coordination.Phases;

/// <summary>Whether enough workers are there; who may join is the matter of <see cref="JoiningTests"/>.</summary>
public sealed class GatheringTests
{
    [Fact]
    public void It_opens_the_state_as_soon_as_all_wanted_are_ready()
    {
        var rig = Drive.Gathering();
        rig.Arrive("a", "b");
        rig.Became("gathering");
        rig.Hello("c");
        rig.Became("gathering", "watch c", "tell c: offer");

        rig.Join("c");

        rig.Became("opening", "open 1 tensors");
        Assert.Equal("", rig.WaitsLeft);
    }

    [Fact]
    public void It_says_after_a_moment_for_whom_it_waits_and_again_when_that_changes()
    {
        var rig = Drive.Gathering();
        rig.Arrive("a");

        rig.Passes(1);
        rig.Became("gathering");
        rig.Passes(5);
        rig.Became("gathering", "notice: waiting for 3 workers; 1 is ready");
        rig.Arrive("b");
        rig.Became("gathering", "notice: waiting for 3 workers; 2 are ready");
        rig.Says("observer", StatusRequest.Instance);
        rig.Became("gathering", "tell observer: status gathering 0, 0 of 0, A ready B ready; waits for 3 workers; 2 are ready");
    }

    [Fact]
    public void Enough_workers_begin_once_the_others_were_waited_for()
    {
        var rig = Drive.Gathering();
        rig.Arrive("a", "b");
        rig.Passes(59.9);

        rig.Passes(0.1);

        rig.Became("opening", "notice: beginning with 2 of 3 workers: waited 60 s for 3 workers; 2 are ready, and 2 are enough", "open 1 tensors");
    }

    [Fact]
    public void Too_few_workers_end_the_job_once_they_were_waited_for()
    {
        var rig = Drive.Gathering();
        rig.Arrive("a");
        rig.Passes(59.9);

        rig.Passes(0.1);

        rig.Became(
            "over", "fail TrainingFaultException: waited 60 s for at least 2 workers, and 1 is ready…", "unwatch a",
            "tell a: job over: waited 60 s for at least 2 workers…", "unwatch peers", "abort own slice 0: the coordinator stops", "end");
    }

    [Fact]
    public void Who_was_refused_last_is_the_reason_where_too_few_came()
    {
        var rig = Drive.Gathering();
        rig.Arrive("a");
        rig.Says("b", StubMessages.Hello("b") with { Tasks = ["xor"] });

        rig.Passes(60);

        rig.Led("over", "fail TrainingFaultException: waited 60 s for at least 2 workers, and 1 is ready, 1 was refused; the last, B: the job's task 'stub' is not…");
    }

    [Fact]
    public void Time_in_which_the_process_was_stopped_is_not_waited()
    {
        var rig = Drive.Gathering();
        rig.Arrive("a", "b");
        rig.Stops(100);
        rig.Passes(0);
        Assert.Equal("gathering", rig.Phase.Name);

        rig.Passes(57);
        Assert.Equal("gathering", rig.Phase.Name);
        rig.Passes(3);

        Assert.Equal("opening", rig.Phase.Name);
    }

    [Fact]
    public void A_successor_goes_on_as_soon_as_all_of_the_last_roster_are_there()
    {
        var rig = Drive.Gathering();
        rig.Hello("a", StubMessages.Past(4, workers: 2));
        rig.Join("a");
        rig.Hello("b", StubMessages.Past(4, workers: 2));

        rig.Join("b");

        rig.Became("opening", "notice: taking the job over after generation 4", "open 1 tensors, goes on");
    }

    [Fact]
    public void A_successor_of_an_ended_coordinator_goes_on_even_with_new_workers() =>
        Drive.Opening(settings => settings with { Succeeds = true }).Became("opening", "open 1 tensors, goes on");

    [Fact]
    public void Workers_of_another_job_take_nothing_over_but_their_generations_number_is_not_used_again()
    {
        var rig = Drive.Gathering();
        rig.Hello("a", new PastMembership("another job", Generation: 9, Workers: 1));
        rig.Join("a");
        rig.Arrive("b", "c");
        rig.Became("opening", "open 1 tensors");

        rig.Happens(new CoordinatorEvent.StateOpened());

        rig.Led("preparing", "tell a b c: prepare 10 at 0 for a b c; held by nobody");
    }

    [Theory]
    [InlineData(false, 5)]
    [InlineData(true, 2)]
    public void A_successor_waits_for_the_rest_of_the_last_roster_shorter_where_it_has_the_newest_state(bool whole, int seconds)
    {
        var rig = Drive.Gathering();
        rig.Hello("a", StubMessages.Past(4, workers: 3));
        rig.Says("a", StubMessages.Join("a", whole ? [StubMessages.Whole(4)] : [], [StubMessages.Memo(4)]));
        rig.Hello("b", StubMessages.Past(4, workers: 3));
        rig.Join("b");

        rig.Passes(seconds - 0.1);
        Assert.Equal("gathering", rig.Phase.Name);
        rig.Passes(0.1);

        rig.Led("opening", "open 1 tensors, goes on");
    }

    [Fact]
    public void That_time_counts_from_when_there_were_enough_without_a_break()
    {
        var rig = Drive.Gathering();
        foreach (var id in new[] { "a", "b" })
        {
            rig.Hello(id, StubMessages.Past(4, workers: 3));
            rig.Says(id, StubMessages.Join(id, [StubMessages.Whole(4)], [StubMessages.Memo(4)]));
        }

        rig.Passes(1);
        rig.Gone("b");
        rig.Passes(3);
        rig.Hello("b", StubMessages.Past(4, workers: 3));
        rig.Says("b", StubMessages.Join("b", [StubMessages.Whole(4)], [StubMessages.Memo(4)]));

        rig.Passes(1.5);
        Assert.Equal("gathering", rig.Phase.Name);
        rig.Passes(0.5);

        Assert.Equal("opening", rig.Phase.Name);
    }

    [Fact]
    public void Checkpoints_of_another_run_end_it_where_nobody_comes_that_had_a_part_in_them()
    {
        var rig = Foreign();
        rig.Arrive("a");
        rig.Passes(29.9);
        Assert.Equal("gathering", rig.Phase.Name);

        rig.Passes(0.1);

        rig.Led("over", "fail BadInputException: --checkpoint-dir ck holds checkpoints already, the newest is step-000000004…", "end");
    }

    [Fact]
    public void Checkpoints_are_the_jobs_own_where_somebody_comes_that_had_a_part_in_them()
    {
        var rig = Foreign();
        rig.Hello("a", StubMessages.Past(4, workers: 2));
        rig.Join("a");
        rig.Passes(40);
        Assert.Equal("gathering", rig.Phase.Name);

        rig.Arrive("b");

        rig.Led("opening", "open 1 tensors, goes on");
    }

    [Fact]
    public void A_stop_before_the_first_step_ends_the_job()
    {
        var rig = Drive.Gathering();
        rig.Arrive("a");

        rig.Happens(new CoordinatorEvent.StopAsked());

        rig.Became(
            "over", "fail OperationCanceledException: stopped before the first step", "unwatch a", "tell a: job over: stopped before the first step",
            "unwatch peers", "abort own slice 0: the coordinator stops", "end");
    }

    [Theory]
    [InlineData(true, "ending", "save 2 two held by a b c")]
    [InlineData(false, "over", "finish stopped at 2, 16 samples, 1 recoveries")]
    public void A_successor_that_is_stopped_takes_the_job_over_first(bool keepsCheckpoints, string phase, string end)
    {
        var rig = Drive.Examining(settings => settings with { Succeeds = true, KeepsCheckpoints = keepsCheckpoints });
        rig.Happens(new CoordinatorEvent.StopAsked());
        rig.Became("examining");
        rig.Happens(new CoordinatorEvent.Examined(CheckpointStart.Nothing));
        foreach (var id in new[] { "a", "b", "c" })
        {
            rig.Hello(id, StubMessages.Past(4, workers: 3));
            rig.Says(id, StubMessages.Join(id, [StubMessages.Whole(2)], [StubMessages.Memo(2)]));
        }

        rig.Happens(new CoordinatorEvent.StateOpened());
        rig.Led("preparing", "tell a b c: prepare 5 at 2 for a b c; held by a b c");
        rig.TakePlaces();

        rig.Led("running", "tell a b c: lease 2-2 of 5, sealed 2, keep and hash, memo 2 16");
        foreach (var id in new[] { "a", "b", "c" }) rig.Complete(id, 2);
        rig.Keep(2, "two");
        rig.Led(phase, end);
    }

    [Theory]
    [InlineData(true, "there is no checkpoint of the last steps")]
    [InlineData(false, "what was done is lost")]
    public void A_successor_that_is_stopped_waits_for_its_workers_and_not_for_long(bool keepsCheckpoints, string loss)
    {
        var rig = Drive.Gathering(settings => settings with { Succeeds = true, KeepsCheckpoints = keepsCheckpoints });
        rig.Happens(new CoordinatorEvent.StopAsked());
        rig.Passes(9.9);
        Assert.Equal("gathering", rig.Phase.Name);

        rig.Passes(1);

        rig.Led("over", $"fail OperationCanceledException: stopped while it took the job over, before its workers were back: {loss}", "end");
    }

    [Fact]
    public void A_worker_that_is_gone_is_told_so_should_it_live()
    {
        var rig = Drive.Gathering();
        rig.Arrive("a", "b");

        rig.Gone("b");

        rig.Became("gathering", "unwatch b", "tell b: hello wanted: B ended unexpectedly", "notice: B ended unexpectedly");
    }

    [Fact]
    public void A_worker_that_wants_to_leave_and_holds_nothing_goes_at_once()
    {
        var rig = Drive.Gathering();
        rig.Arrive("a", "b");

        rig.Says("b", new LeaveRequest("b"));

        rig.Became("gathering", "unwatch b", "tell b: job over: left in good order", "notice: B left in good order");
    }

    private static MachineRig Foreign()
    {
        var rig = Drive.Examining();
        rig.Happens(new CoordinatorEvent.Examined(new CheckpointStart(ResumeVerdict.AskWorkers, "step-000000004") { Directory = "ck" }));
        return rig;
    }
}
