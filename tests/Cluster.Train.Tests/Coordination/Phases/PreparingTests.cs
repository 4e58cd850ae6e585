using Cluster.Train.Coordination;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Coordination.Phases;

/// <summary>Members that take their places; those that cannot meet are the matter of <see cref="MeetingTests"/>.</summary>
public sealed class PreparingTests
{
    [Fact]
    public void Once_all_have_their_places_leases_go_out()
    {
        var rig = Drive.Preparing();
        rig.TakePlace("a");
        rig.Became("preparing");
        rig.TakePlace("b");
        rig.Became("preparing");

        rig.TakePlace("c");

        rig.Became(
            "running", "journal generation 1 at 0", "show generation 1 of 3 at 0", "tell a b c: lease 0-1 of 1, sealed 0",
            "tell a b c: lease 1-2 of 1, sealed 0, keep", "wait Phase 32");
        Assert.Equal("Phase 32", rig.WaitsLeft);
    }

    [Fact]
    public void The_coordinators_own_slice_is_waited_for_and_gets_leases()
    {
        var rig = Drive.Preparing(settings => settings with { Topology = Topology.Coordinator });
        rig.TakePlace("a");
        rig.TakePlace("b");
        rig.TakePlace("c");
        rig.Became("preparing");
        rig.Happens(new CoordinatorEvent.OwnSliceReady(0));
        rig.Became("preparing");

        rig.Happens(new CoordinatorEvent.OwnSliceReady(1));

        rig.Led("running", "tell a b c: lease 0-1 of 1, sealed 0", "own slice: lease 0-1 of 1, sealed 0", "own slice: lease 1-2 of 1, sealed 0, keep");
    }

    [Fact]
    public void A_place_that_is_taken_twice_stands_for_nobody_else()
    {
        var rig = Drive.Preparing();
        rig.TakePlace("a");
        rig.TakePlace("b");

        rig.TakePlace("b");
        rig.Became("preparing");
        rig.Says("c", new GenerationReady("c", 0));

        rig.Became("preparing");
    }

    [Fact]
    public void Who_takes_no_place_in_time_is_put_out_and_the_others_begin_anew()
    {
        var rig = Drive.Preparing();
        rig.TakePlace("a");
        rig.TakePlace("b");

        rig.Passes(60);

        const string Reason = "waited 60 s for C to take a place in generation 1";
        rig.Became(
            "recovering", "unwatch c", $"tell c: hello wanted: C is put out: {Reason}", $"notice: C is put out: {Reason}", $"notice: generation 1 ends: {Reason}",
            "unwatch peers", $"abort own slice 1: {Reason}", $"tell a b: end 1: {Reason}", "wait Phase 5");
    }

    [Fact]
    public void In_one_process_that_ends_the_job()
    {
        var rig = Drive.Preparing(settings => settings with { MemberLoss = MemberLoss.EndsJob });
        rig.TakePlace("a");

        rig.Passes(60);

        rig.Led("over", "fail TrainingFaultException: waited 60 s for B, C to take a place in generation 1", "end");
    }

    [Fact]
    public void A_process_that_was_stopped_waits_the_rest_as_well()
    {
        var rig = Drive.Preparing();
        rig.TakePlace("a");
        rig.Passes(10);
        rig.Stops(120);
        rig.Rings(Wait.Phase);
        rig.Became("preparing", "wait Phase 49");

        rig.Passes(48.9);
        Assert.Equal("preparing", rig.Phase.Name);
        rig.Passes(0.1);

        Assert.Equal("recovering", rig.Phase.Name);
    }

    [Theory]
    [InlineData(0, WorkerStage.Joining, "tell c: prepare 1 at 0 for a b c; held by nobody")]
    [InlineData(1, WorkerStage.Preparing, null)]
    [InlineData(1, WorkerStage.Joining, null)]
    internal void Who_was_not_told_of_the_generation_is_told_again(int generation, WorkerStage stage, string? effect)
    {
        var rig = Drive.Preparing();

        rig.Present("c", stage, generation);

        rig.Became("preparing", effect is null ? [] : [effect]);
    }

    [Fact]
    public void Whose_word_that_it_has_its_place_was_lost_has_it_by_its_presence()
    {
        var rig = Drive.Preparing();
        rig.TakePlace("a");
        rig.TakePlace("b");

        rig.Present("c", WorkerStage.Ready);

        rig.Led("running", "journal generation 1 at 0");
    }

    [Fact]
    public void Who_has_its_place_needs_nothing_said_again()
    {
        var rig = Drive.Preparing();
        rig.TakePlace("c");

        rig.Present("c", WorkerStage.Ready);

        rig.Became("preparing");
    }

    [Fact]
    public void A_member_that_is_gone_ends_the_generation()
    {
        var rig = Drive.Preparing();

        rig.Gone("c");

        rig.Became(
            "recovering", "unwatch c", "tell c: hello wanted: C ended unexpectedly", "notice: C ended unexpectedly",
            "notice: generation 1 ends: C ended unexpectedly", "unwatch peers", "abort own slice 1: C ended unexpectedly",
            "tell a b: end 1: C ended unexpectedly", "wait Phase 5");
    }

    [Fact]
    public void One_that_stands_by_may_go()
    {
        var rig = Drive.Preparing();
        rig.Arrive("d");

        rig.Gone("d");

        rig.Became("preparing", "unwatch d", "tell d: hello wanted: D ended unexpectedly", "notice: D ended unexpectedly");
    }

    [Fact]
    public void A_member_that_says_hello_has_lost_its_place()
    {
        var rig = Drive.Preparing();

        rig.Hello("c");

        rig.Became(
            "recovering", "tell c: offer", "notice: generation 1 ends: C lost its place and asks for another", "unwatch peers",
            "abort own slice 1: C lost its place and asks for another", "tell a b c: end 1: C lost its place and asks for another", "wait Phase 5");
    }

    [Fact]
    public void Who_came_meanwhile_is_a_member_of_the_next_generation()
    {
        var rig = Drive.Preparing(settings => settings with { MaxWorkers = 4 });
        rig.Arrive("d");
        rig.Became("preparing");

        rig.TakePlaces();

        rig.Became(
            "running", "journal generation 1 at 0", "show generation 1 of 3 at 0", "tell a b c: lease 0-0 of 1, sealed 0, keep", "wait Phase 32",
            "wait Phase 32");
    }

    [Fact]
    public void Who_wanted_to_leave_goes_once_the_others_have_what_it_holds()
    {
        var rig = Drive.Preparing();
        rig.Arrive("d");
        rig.Says("d", new LeaveRequest("d"));
        rig.Became("preparing");
        rig.TakePlace("a");
        rig.TakePlace("b");

        rig.TakePlace("c");

        rig.Led("running", "unwatch d", "tell d: job over: left in good order", "notice: D left in good order", "journal generation 1 at 0");
    }

    [Theory]
    [InlineData(FaultKind.BadInput, "fail BadInputException: it failed")]
    [InlineData(FaultKind.Task, "fail TrainingFaultException: it failed")]
    internal void A_member_whose_task_fails_ends_the_job(FaultKind kind, string effect)
    {
        var rig = Drive.Preparing();

        rig.Faults("b", kind, "it failed");

        rig.Led("over", effect, "end");
    }

    [Fact]
    public void A_fault_of_another_generation_means_nothing()
    {
        var rig = Drive.Preparing();

        rig.Faults("b", FaultKind.Task, "it failed", generation: 7);

        rig.Became("preparing");
        Assert.Equal(1, rig.Stale);
    }

    [Fact]
    public void A_stop_waits_for_the_places_and_then_ends_at_once()
    {
        var rig = Drive.Preparing();
        rig.Happens(new CoordinatorEvent.StopAsked());
        rig.Became("preparing");

        rig.TakePlaces();

        rig.Led("running", "tell a b c: lease 0-0 of 1, sealed 0, keep and hash");
    }

    [Fact]
    public void Whoever_asks_is_told_for_whom_it_waits()
    {
        var rig = Drive.Preparing();
        rig.TakePlace("a");

        rig.Says("observer", StatusRequest.Instance);

        rig.Became("preparing", "tell observer: status preparing 1, 0 of 6, A training B preparing C preparing; waits for B, C");
    }
}
