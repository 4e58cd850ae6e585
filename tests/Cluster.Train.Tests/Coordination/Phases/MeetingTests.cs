using Cluster.Train.Coordination;
using Cluster.Train.Protocol;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Coordination.Phases;

/// <summary>Members of a new generation that cannot all reach each other.</summary>
public sealed class MeetingTests
{
    private const string Apart = "cannot reach each other (its address for tensors is host-c:1000): check --advertise, and that no firewall is between them";

    [Fact]
    public void The_words_of_all_are_heard_before_one_stays_behind()
    {
        var rig = Drive.Preparing();
        rig.Faults("a", FaultKind.Unreached, "A cannot reach C", suspect: 2);
        rig.Became("preparing", "wait Meeting 2");
        rig.Passes(1.5);
        rig.Faults("b", FaultKind.Unreached, "B cannot reach C", suspect: 2);
        rig.Became("preparing", "wait Meeting 2");
        rig.Passes(1.9);
        rig.Became("preparing");

        rig.Passes(0.1);

        rig.Became(
            "recovering", $"notice: C is put out: C and A, B {Apart}", $"tell c: refused: C and A, B {Apart}", "unwatch c",
            "notice: generation 1 ends: A cannot reach C", "unwatch peers", "abort own slice 1: A cannot reach C", "tell a b: end 1: A cannot reach C",
            "wait Phase 5");
    }

    [Fact]
    public void Whom_the_coordinators_process_does_not_reach_stays_behind_at_once()
    {
        var rig = Drive.Preparing();

        rig.Happens(new CoordinatorEvent.PeerLost(1, Rank: 2, "no way to C", NeverReached: true));

        rig.Led("recovering", $"notice: C is put out: C and the coordinator {Apart}", "unwatch c", "tell a b: end 1: no way to C");
    }

    [Fact]
    public void Whoever_loses_another_may_be_heard_before_the_one_that_gave_up()
    {
        var rig = Drive.Preparing();
        rig.Faults("b", FaultKind.ExchangeLost, "A closed the connection", suspect: 0);
        rig.Became("preparing", "wait Meeting 0.2");
        rig.Faults("c", FaultKind.ExchangeLost, "A closed the connection", suspect: 0);
        rig.Became("preparing");
        rig.Faults("a", FaultKind.Unreached, "A cannot reach C", suspect: 2);
        rig.Became("preparing", "wait Meeting 2");

        rig.Passes(2);

        // The reason is what was heard first; who stays behind is who was not reached.
        rig.Led("recovering", "notice: C is put out: …", "notice: generation 1 ends: A closed the connection", "tell a b: end 1: A closed the connection");
    }

    [Fact]
    public void A_member_that_was_lost_alone_ends_the_generation_and_is_not_waited_for_as_long()
    {
        var rig = Drive.Preparing();
        rig.Happens(new CoordinatorEvent.PeerLost(1, Rank: 2, "C closed the connection", NeverReached: false));
        rig.Became("preparing", "wait Meeting 0.2");

        rig.Passes(0.2);
        rig.Led("recovering", "tell a b c: end 1: C closed the connection", "wait Phase 5");
        rig.Ended("a");
        rig.Became("recovering");
        rig.Ended("b");

        rig.Became("recovering", "wait Phase 0.5");
    }

    [Fact]
    public void A_member_that_cannot_be_named_ends_the_generation_at_once()
    {
        var rig = Drive.Preparing();

        rig.Faults("a", FaultKind.Unreached, "no way", suspect: 7);

        rig.Led("recovering", "notice: generation 1 ends: no way", "tell a b c: end 1: no way");
    }

    [Fact]
    public void What_the_process_lost_of_another_generation_means_nothing()
    {
        var rig = Drive.Preparing();

        rig.Happens(new CoordinatorEvent.PeerLost(0, Rank: 2, "no way to C", NeverReached: true));

        rig.Became("preparing");
    }

    [Fact]
    public void Who_was_put_out_stands_by_for_a_while_when_it_comes_again()
    {
        var rig = Drive.Preparing();
        rig.Happens(new CoordinatorEvent.PeerLost(1, Rank: 2, "no way to C", NeverReached: true));
        rig.Passes(1);
        rig.Says("c2", StubMessages.Hello("c2") with { Name = "C" });
        rig.Says("c2", StubMessages.Join("c2", [], []) with { Replica = StubMessages.Replica with { Endpoint = "host-c:2000" } });

        rig.Led(
            "recovering", "notice: C stands by: the others could not reach C at host-c:2000 a while ago, and try again in 59 s…",
            "tell c2: stand by: the others could not reach C at host-c:2000…");
        rig.Ended("a");
        rig.Ended("b");
        rig.Led("preparing", "tell a b c2: prepare 2 at 0 for a b; held by nobody");
    }

    [Theory]
    [InlineData("gone")]
    [InlineData("silent")]
    public void Who_is_started_in_place_of_one_that_ended_is_tried_at_once(string end)
    {
        var rig = Regrouped();
        rig.Faults("a", FaultKind.Unreached, "A cannot reach C", suspect: 3);
        rig.Passes(2);
        rig.Ended("0");
        rig.Ended("a", 2);
        rig.Ended("b", 2);
        if (end == "gone") rig.Gone("c"); else rig.Passes(5);

        rig.Says("c2", StubMessages.Hello("c2") with { Name = "C" });
        rig.Says("c2", StubMessages.Join("c2", [], []) with { Replica = StubMessages.Replica with { Endpoint = "host-c:2000" } });

        rig.Led("preparing", "log: C is ready (cpu)", "tell a b c2 0: prepare 3 at 0 for 0 a b c2; held by nobody");
    }

    [Fact]
    public void A_newcomer_goes_rather_than_a_veteran()
    {
        var rig = Regrouped();

        rig.Faults("0", FaultKind.Unreached, "0 cannot reach C", suspect: 3);
        rig.Passes(2);

        rig.Led("recovering", "notice: 0 is put out: …", "tell 0: refused: …", "unwatch 0", "tell a b c: end 2: 0 cannot reach C");
    }

    [Fact]
    public void A_veteran_stands_by_with_what_it_holds_and_is_tried_again()
    {
        var rig = Regrouped();
        rig.Faults("a", FaultKind.Unreached, "A cannot reach C", suspect: 3);
        rig.Passes(2);
        rig.Led("recovering", $"notice: C stands by for 60 s: C and A {Apart}", "tell 0 a b c: end 2: A cannot reach C");
        rig.Ended("0");
        rig.Ended("a", 2);
        rig.Ended("b", 2);

        rig.Ended("c", 2);
        rig.Led("preparing", "tell a b c 0: prepare 3 at 2 for 0 a b; held by a b c");
        rig.TakePlaces();
        rig.Passes(29);
        rig.Do(2);
        rig.Passes(30.9);
        rig.Became("running");

        // Nothing else happens: that its time is over is enough.
        rig.Passes(1);
        rig.Became("running", "wait Phase 32");
        rig.Do(3);
        rig.Keep(4);

        rig.Led("running", "tell 0 a b: lease 5-5 of 3, sealed 4, keep, memo 4 32");
    }

    [Fact]
    public void While_it_trains_only_the_coordinators_process_can_lack_a_member()
    {
        var rig = Drive.Running();

        rig.Happens(new CoordinatorEvent.PeerLost(1, Rank: 2, "no way to C", NeverReached: true));

        rig.Led("recovering", $"notice: C stands by for 60 s: C and the coordinator {Apart}", "tell a b c: end 1: no way to C", "wait Phase 5");
    }

    [Fact]
    public void In_one_process_a_member_that_waits_in_vain_waits_for_the_cause()
    {
        var rig = Drive.Preparing(settings => settings with { MemberLoss = MemberLoss.EndsJob });

        rig.Faults("a", FaultKind.Unreached, "A cannot reach C", suspect: 2);

        rig.Became("awaitingcause", "wait Phase 2");
    }

    /// <summary>Generation 2 is prepared at step 2: "0" has joined three that trained before.</summary>
    private static MachineRig Regrouped()
    {
        var rig = Drive.Running(settings => settings with { MaxWorkers = 4, Definition = StubMessages.Definition with { Length = new RunLength(null, Steps: 12) } });
        rig.Arrive("0");
        rig.Do(0);
        rig.Do(1);
        rig.Keep(2);
        foreach (var id in new[] { "a", "b", "c" })
        {
            rig.Ended(id, 2);
        }

        rig.Led("preparing", "tell a b c 0: prepare 2 at 2 for 0 a b c; held by a b c");
        return rig;
    }
}
