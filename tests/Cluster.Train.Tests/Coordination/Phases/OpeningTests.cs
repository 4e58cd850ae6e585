using Cluster.Train.Coordination;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Coordination.Phases;

public sealed class OpeningTests
{
    [Fact]
    public void Once_the_state_is_open_a_generation_is_prepared()
    {
        var rig = Drive.Opening();

        rig.Happens(new CoordinatorEvent.StateOpened());

        rig.Became("preparing", "wait Phase 60", "watch peers 1", "tell a b c: prepare 1 at 0 for a b c; held by nobody");
    }

    [Fact]
    public void A_coordinator_that_owns_the_slice_is_a_member_itself()
    {
        var rig = Drive.Opening(settings => settings with { Topology = Topology.Coordinator });

        rig.Happens(new CoordinatorEvent.StateOpened());

        const string Prepare = "prepare 1 at 0 for a b c coordinator; held by nobody";
        rig.Became("preparing", "wait Phase 60", "watch peers 1", $"tell a b c: {Prepare}", $"own slice: {Prepare}");
    }

    [Fact]
    public void What_is_to_be_said_of_the_data_is_said_first()
    {
        var rig = Drive.Gathering(settings => settings with { Workers = 2 });
        foreach (var id in new[] { "a", "b" })
        {
            rig.Hello(id);
            rig.Says(id, StubMessages.Join(id, [], []) with { Remark = "the images are tiny" });
        }

        rig.Happens(new CoordinatorEvent.StateOpened());

        rig.Led("preparing", "notice: the images are tiny", "tell a b: prepare 1 at 0 for a b; held by nobody");
    }

    [Fact]
    public void Whoever_comes_meanwhile_is_a_member_or_stands_by()
    {
        var rig = Drive.Opening();
        rig.Arrive("0");
        rig.Became("opening");

        rig.Happens(new CoordinatorEvent.StateOpened());

        rig.Led("preparing", "tell a b c 0: prepare 1 at 0 for 0 a b; held by nobody");
    }

    [Fact]
    public void Whoever_wants_to_leave_meanwhile_gets_no_place()
    {
        var rig = Drive.Opening();
        rig.Says("b", new LeaveRequest("b"));
        rig.Became("opening");

        rig.Happens(new CoordinatorEvent.StateOpened());

        rig.Led("preparing", "tell a b c: prepare 1 at 0 for a c; held by nobody");
    }

    [Fact]
    public void Where_too_few_are_left_it_gathers_again()
    {
        var rig = Drive.Opening();
        rig.Gone("a");
        rig.Became("opening", "unwatch a", "tell a: hello wanted: A ended unexpectedly", "notice: A ended unexpectedly");
        rig.Gone("b");

        rig.Happens(new CoordinatorEvent.StateOpened());

        rig.Became("gathering");
        Assert.Equal("Consider 1", rig.WaitsLeft);
    }

    [Fact]
    public void The_state_is_opened_once()
    {
        var rig = Drive.Opening();
        rig.Gone("a");
        rig.Gone("b");
        rig.Happens(new CoordinatorEvent.StateOpened());

        rig.Arrive("b");
        rig.Arrive("a");

        rig.Led("preparing", "tell a b c: prepare 1 at 0 for a b c; held by nobody");
    }

    [Fact]
    public void A_checkpoint_that_is_newer_than_what_all_hold_is_loaded_first()
    {
        var rig = Drive.Opening();
        rig.NewestCheckpoint = 4;

        rig.Happens(new CoordinatorEvent.StateOpened());
        rig.Became("opening", "notice: no snapshot is held: returning to the checkpoint of step 4", "load checkpoint");
        rig.Held = [StubMessages.Whole(4)];
        rig.Happens(new CoordinatorEvent.StateOpened());

        rig.Led("preparing", "tell a b c: prepare 1 at 4 for a b c; held by coordinator");
    }

    [Fact]
    public void A_successor_begins_with_the_newest_step_of_which_a_memo_tells()
    {
        var rig = Drive.Gathering();
        foreach (var id in new[] { "a", "b" })
        {
            rig.Hello(id, StubMessages.Past(4, workers: 2));
            rig.Says(id, StubMessages.Join(id, [StubMessages.Whole(2), StubMessages.Whole(4)], [StubMessages.Memo(2)]));
        }

        rig.Happens(new CoordinatorEvent.StateOpened());
        rig.Led("preparing", "tell a b: prepare 5 at 2 for a b; held by a b");
        rig.TakePlaces();
        rig.Report("a", 2);
        rig.Report("b", 2);

        rig.Led("running", "show step 3, 24 samples");
    }

    [Fact]
    public void A_successor_without_a_memo_trusts_a_step_that_the_newest_checkpoint_confirms()
    {
        var rig = Drive.Gathering();
        rig.NewestCheckpoint = 2;
        foreach (var id in new[] { "a", "b" })
        {
            rig.Hello(id, StubMessages.Past(4, workers: 2));
            rig.Join(id, StubMessages.Whole(2), StubMessages.Whole(4));
        }

        rig.Happens(new CoordinatorEvent.StateOpened());

        rig.Led("preparing", "tell a b: prepare 5 at 2 for a b; held by a b");
    }

    [Theory]
    [InlineData("the checkpoint is damaged")]
    public void A_state_that_cannot_be_opened_ends_the_job(string message)
    {
        var rig = Drive.Opening();

        rig.Happens(new CoordinatorEvent.ServiceFailed(new BadInputException(message)));

        rig.Led("over", $"fail BadInputException: {message}", $"tell c: job over: {message}", "end");
    }

    [Fact]
    public void A_stop_ends_the_job_before_its_first_step()
    {
        var rig = Drive.Opening();

        rig.Happens(new CoordinatorEvent.StopAsked());

        rig.Led("over", "fail OperationCanceledException: stopped before the first step", "end");
    }
}
