using Cluster.Train.Coordination;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Coordination.Phases;

/// <summary>The end of a generation by a loss, and what the others go on from.</summary>
public sealed class RecoveringTests
{
    [Fact]
    public void Once_all_have_said_what_they_hold_they_go_on_from_it()
    {
        var rig = Drive.Recovering();
        rig.Ended("a", 2);
        rig.Became("recovering");

        rig.Ended("b", 2);

        rig.Became("preparing", "show return to step 2, 0 replayed, after generation 1: C ended unexpectedly", "wait Phase 60", "watch peers 2", "tell a b: prepare 2 at 2 for a b; held by a b");
        rig.TakePlaces();
        rig.Became(
            "running", "journal generation 2 at 2", "show generation 2 of 2 at 2", "tell a b: lease 2-3 of 2, sealed 2, memo 2 16",
            "tell a b: lease 3-4 of 2, sealed 2, keep", "wait Phase 32");
    }

    [Fact]
    public void A_checkpoint_of_a_step_that_not_all_agreed_on_is_not_loaded()
    {
        var rig = Drive.Recovering();
        rig.NewestCheckpoint = 4;
        rig.Ended("a", 2);

        rig.Ended("b", 2);

        rig.Led("preparing", "tell a b: prepare 2 at 2 for a b; held by a b");
    }

    [Fact]
    public void What_was_done_since_is_computed_again_and_counts_once()
    {
        var rig = Drive.Sealed();
        rig.Do(2);
        rig.Gone("c");
        rig.Ended("a", 2);
        rig.Ended("b", 2);
        rig.Led("preparing", "show return to step 2, 1 replayed, after generation 1: C ended unexpectedly");
        rig.TakePlaces();
        foreach (var step in new[] { 2, 3 })
        {
            rig.Do(step);
        }

        rig.Keep(4);
        rig.Do(4);
        rig.Do(5);

        rig.Keep(6, "sha256");

        rig.Led("over", "finish completed at 6, 48 samples, 1 recoveries");
    }

    [Fact]
    public void Who_does_not_answer_is_put_out()
    {
        var rig = Drive.Recovering();
        rig.Ended("a", 2);
        rig.Passes(4.9);
        Assert.Equal("recovering", rig.Phase.Name);

        rig.Passes(0.1);

        rig.Became(
            "gathering", "unwatch b", "tell b: hello wanted: B does not answer and is put out", "notice: B does not answer and is put out",
            "notice: waiting for 2 workers; 1 is ready");
    }

    [Fact]
    public void Where_only_those_are_missing_that_others_have_lost_it_waits_a_moment()
    {
        var rig = Drive.Recovering();
        rig.Faults("a", FaultKind.ExchangeLost, "B closed the connection", suspect: 1);
        rig.Became("recovering");
        rig.Ended("a", 2);
        rig.Became("recovering", "wait Phase 0.5");

        rig.Passes(0.5);

        rig.Led("gathering", "notice: B does not answer and is put out");
    }

    [Fact]
    public void Whoever_was_lost_by_others_but_answers_stays()
    {
        var rig = Drive.Sealed();
        rig.Faults("a", FaultKind.ExchangeLost, "C closed the connection", suspect: 2);
        rig.Ended("a", 2);
        rig.Ended("b", 2);
        rig.Became("recovering", "wait Phase 0.5");

        rig.Ended("c", 2);

        rig.Led("preparing", "tell a b c: prepare 2 at 2 for a b c; held by a b c");
    }

    [Fact]
    public void A_worker_that_is_gone_needs_not_answer()
    {
        var rig = Drive.Recovering();
        rig.Ended("a", 2);

        rig.Gone("b");

        rig.Became(
            "gathering", "unwatch b", "tell b: hello wanted: B ended unexpectedly", "notice: B ended unexpectedly", "notice: waiting for 2 workers; 1 is ready");
    }

    [Fact]
    public void A_member_that_says_hello_has_left_the_generation()
    {
        var rig = Drive.Recovering();
        rig.Ended("a", 2);

        rig.Hello("b");

        rig.Became("gathering", "tell b: offer", "notice: waiting for 2 workers; 1 is ready, 1 still opening data or model");
    }

    [Fact]
    public void Who_was_not_told_of_the_end_is_told_again()
    {
        var rig = Drive.Recovering();
        rig.Ended("a", 2);

        rig.Present("b", WorkerStage.Ready);
        rig.Became("recovering", "tell b: end 1: C ended unexpectedly");
        rig.Present("a", WorkerStage.Joining);

        rig.Became("recovering");
    }

    [Fact]
    public void Answers_of_another_generation_are_none()
    {
        var rig = Drive.Recovering();

        rig.Says("a", new GenerationEnded("a", 0, []));

        rig.Became("recovering");
        Assert.Equal(1, rig.Stale);
    }

    [Fact]
    public void Whoever_asks_is_told_who_has_not_answered()
    {
        var rig = Drive.Recovering();
        rig.Ended("a", 2);

        rig.Says("observer", StatusRequest.Instance);

        rig.Became("recovering", "tell observer: status recovering 1, 2 of 6, A ready B ready; waits for B");
    }

    [Fact]
    public void A_stop_ends_the_job_in_the_next_generation()
    {
        var rig = Drive.Recovering();
        rig.Happens(new CoordinatorEvent.StopAsked());
        rig.Became("recovering");
        rig.Ended("a", 2);
        rig.Ended("b", 2);

        rig.TakePlaces();

        rig.Led("running", "tell a b: lease 2-2 of 2, sealed 2, keep and hash, memo 2 16");
    }

    [Fact]
    public void Generations_that_get_nowhere_end_the_job()
    {
        var rig = Drive.Running();
        for (var generation = 1; generation <= 20; generation++)
        {
            rig.Faults("a", FaultKind.ExchangeLost, "the connection was closed");
            AllReturn(rig);
        }

        rig.Faults("a", FaultKind.ExchangeLost, "the connection was closed");

        rig.Led("over", "fail TrainingFaultException: 20 generations ended before they got anywhere; the last: the connection was closed", "end");
    }

    [Fact]
    public void Those_that_got_to_a_snapshot_do_not_count()
    {
        var rig = Drive.Running();
        for (var generation = 1; generation <= 19; generation++)
        {
            rig.Faults("a", FaultKind.ExchangeLost, "the connection was closed");
            AllReturn(rig);
        }

        rig.Do(0);
        rig.Do(1);
        rig.Keep(2);
        for (var generation = 20; generation <= 39; generation++)
        {
            rig.Faults("a", FaultKind.ExchangeLost, "the connection was closed");
            AllReturn(rig, 2);
        }

        Assert.Equal("running", rig.Phase.Name);
    }

    [Fact]
    public void Those_that_lack_a_part_wait_for_the_others_before_they_go_back()
    {
        var rig = TwoOfFour();
        rig.Became("gathering", "notice: waiting for 4 workers; 2 are ready");
        rig.Passes(4.9);
        rig.Became("gathering");

        rig.Passes(0.1);

        rig.Led("preparing", "tell a b: prepare 2 at 0 for a b; held by nobody");
    }

    [Fact]
    public void They_go_on_as_soon_as_the_part_is_there()
    {
        var rig = TwoOfFour();
        rig.Passes(3);
        rig.Hello("c");

        rig.Join("c", StubMessages.Part(rig.Roster, "c", 2));

        rig.Led("preparing", "tell a b c: prepare 2 at 2 for a b c; held by a b c");
    }

    [Fact]
    public void They_return_to_a_checkpoint_at_once_where_it_is_as_new()
    {
        var rig = TwoOfFour(checkpoint: 2);

        rig.Became("opening", "notice: no snapshot is complete: that of step 2 lacks the optimizer's state from position…", "load checkpoint");
    }

    private static void AllReturn(MachineRig rig, params long[] held)
    {
        rig.Ended("a", held);
        rig.Ended("b", held);
        rig.Ended("c", held);
        rig.TakePlaces();
        Assert.Equal("running", rig.Phase.Name);
    }

    /// <summary>Of four members that held step 2, c and d are gone: nobody else has what c owned.</summary>
    private static MachineRig TwoOfFour(long? checkpoint = null)
    {
        var rig = Drive.Gathering(settings => settings with { Workers = 4, MaxWorkers = 4 });
        rig.Arrive("a", "b", "c", "d");
        rig.Happens(new CoordinatorEvent.StateOpened());
        rig.TakePlaces();
        rig.Do(0);
        rig.Do(1);
        rig.Keep(2);
        rig.NewestCheckpoint = checkpoint;
        rig.Gone("c");
        rig.Gone("d");
        rig.Ended("a", 2);
        rig.Ended("b", 2);
        return rig;
    }
}
