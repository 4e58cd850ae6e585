using Cluster.Train.Coordination;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Coordination.Phases;

/// <summary>Workers that come and want to go while the job runs.</summary>
public sealed class RegroupingTests
{
    [Fact]
    public void A_newcomer_ends_the_generation_at_its_next_snapshot_and_nobody_replays()
    {
        var rig = Drive.Sealed(settings => settings with { MaxWorkers = 4 });
        rig.Arrive("d");
        rig.Became("running", "wait Phase 32");
        rig.Do(2);
        rig.Do(3);
        // The lease that ends with the snapshot of step 4 is out already, and no step follows it.
        rig.Became("running", "wait Snapshot 32", "wait Phase 32");

        rig.Keep(4);

        rig.Became(
            "recovering", "seal 4", "unwatch peers", "abort own slice 1: the membership changes", "tell a b c: end 1: the membership changes", "wait Phase 5");
        rig.Ended("a", 4);
        rig.Ended("b", 4);
        rig.Ended("c", 4);
        rig.Led("preparing", "tell a b c d: prepare 2 at 4 for a b c d; held by a b c");
        rig.TakePlaces();
        rig.Do(4);
        rig.Do(5);
        rig.Keep(6, "sha256");
        rig.Led("over", "finish completed at 6, 48 samples, 0 recoveries");
    }

    [Fact]
    public void A_newcomer_beyond_the_most_that_can_be_members_stands_by()
    {
        var rig = Drive.Sealed();

        rig.Arrive("d");

        rig.Became("running");
    }

    [Fact]
    public void There_are_no_more_members_than_shards()
    {
        var rig = Drive.Gathering(settings => settings with { Workers = 5, MaxWorkers = 8 });

        rig.Arrive("a", "b", "c", "d", "e");
        rig.Happens(new CoordinatorEvent.StateOpened());

        rig.Led("preparing", "tell a b c d e: prepare 1 at 0 for a b c d; held by nobody");
    }

    [Fact]
    public void Without_a_snapshot_on_its_way_one_is_asked_for()
    {
        var rig = Drive.Sealed(settings => settings with { MaxWorkers = 4 });
        rig.Do(2);
        rig.Do(3);
        rig.Keep(4);
        rig.Led("running", "tell a b c: lease 5-6 of 1, sealed 4, keep and hash, memo 4 32");

        // The last lease is out: the job ends with it.
        rig.Arrive("d");

        rig.Became("running", "wait Phase 32");
    }

    [Fact]
    public void A_member_that_wants_to_leave_stays_until_the_others_have_what_it_holds()
    {
        var rig = Drive.Sealed();
        rig.Says("c", new LeaveRequest("c"));
        rig.Became("running", "wait Phase 32");
        rig.Do(2);
        rig.Do(3);
        rig.Keep(4);
        rig.Ended("a", 4);
        rig.Ended("b", 4);
        rig.Ended("c", 4);
        rig.Led("preparing", "tell a b c: prepare 2 at 4 for a b; held by a b c");
        rig.TakePlace("a");

        rig.TakePlace("b");

        rig.Led("running", "unwatch c", "tell c: job over: left in good order", "notice: C left in good order", "journal generation 2 at 4");
    }

    [Fact]
    public void One_that_stands_by_leaves_at_once()
    {
        var rig = Drive.Sealed();
        rig.Arrive("d");

        rig.Says("d", new LeaveRequest("d"));

        rig.Became("running", "unwatch d", "tell d: job over: left in good order", "notice: D left in good order");
    }

    [Fact]
    public void A_member_that_is_gone_ends_the_generation_at_once()
    {
        var rig = Drive.Sealed();

        rig.Gone("c");

        rig.Became(
            "recovering", "unwatch c", "tell c: hello wanted: C ended unexpectedly", "notice: C ended unexpectedly",
            "notice: generation 1 ends: C ended unexpectedly", "unwatch peers", "abort own slice 1: C ended unexpectedly",
            "tell a b: end 1: C ended unexpectedly", "wait Phase 5");
    }

    [Fact]
    public void In_one_process_that_ends_the_job()
    {
        var rig = Drive.Running(settings => settings with { MemberLoss = MemberLoss.EndsJob });

        rig.Gone("c");

        rig.Led("over", "fail TrainingFaultException: C ended unexpectedly", "end");
    }

    [Fact]
    public void A_member_that_another_has_lost_is_asked_with_the_others()
    {
        var rig = Drive.Sealed();

        rig.Faults("a", FaultKind.ExchangeLost, "C closed the connection", suspect: 2);

        rig.Became(
            "recovering", "notice: generation 1 ends: C closed the connection", "unwatch peers", "abort own slice 1: C closed the connection",
            "tell a b c: end 1: C closed the connection", "wait Phase 5");
    }

    [Fact]
    public void A_member_that_has_lost_its_place_asks_for_another()
    {
        var rig = Drive.Sealed();

        rig.Hello("c", StubMessages.Past(1, workers: 3));

        rig.Led("recovering", "tell c: offer", "notice: generation 1 ends: C lost its place and asks for another", "tell a b c: end 1: …");
    }

    [Fact]
    public void A_hello_that_was_under_way_for_long_means_nothing()
    {
        // What it says of its past is older than the place that it has taken.
        var rig = Drive.Sealed();

        rig.Hello("c", StubMessages.Past(0, workers: 3));

        rig.Became("running");
        Assert.Equal(1, rig.Stale);
    }
}
