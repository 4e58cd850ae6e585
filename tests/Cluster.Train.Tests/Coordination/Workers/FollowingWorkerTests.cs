using Cluster.Train.Coordination;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Coordination.Workers;

/// <summary>What means the same in every phase in which a worker follows a coordinator.</summary>
public sealed class FollowingWorkerTests
{
    public static TheoryData<string> Phases { get; } = ["opening", "joining", "preparing", "ready"];

    [Theory]
    [MemberData(nameof(Phases))]
    public void A_coordinator_that_is_gone_is_looked_for_again(string phase)
    {
        var rig = WorkerRig.In(phase);
        rig.Gone(WorkerRig.Second);
        rig.Became(phase);

        rig.Gone(WorkerRig.First);

        rig.Became(
            "searching", "warn: the coordinator is gone; looking for a coordinator", $"abort {GenerationIn(phase)}: the coordinator is gone", "unwatch first",
            "cancel Presence", "Hello every 1 s from now on", "Patience in 120 s");
    }

    [Theory]
    [MemberData(nameof(Phases))]
    public void Who_is_out_looks_for_a_coordinator_again(string phase)
    {
        var rig = WorkerRig.In(phase);

        rig.Says(WorkerRig.First, new HelloWanted("put out"));

        rig.Became(
            "searching", "warn: put out; looking for a coordinator", $"abort {GenerationIn(phase)}: put out", "unwatch first", "cancel Presence",
            "Hello every 1 s from now on", "Patience in 120 s");
    }

    [Theory]
    [MemberData(nameof(Phases))]
    public void Who_is_to_stand_by_says_so_and_waits(string phase)
    {
        var rig = WorkerRig.In(phase);

        rig.Says(WorkerRig.First, new StandBy("the others try again in 59 s"));

        rig.Became(phase, "warn: standing by: the others try again in 59 s");
    }

    [Theory]
    [MemberData(nameof(Phases))]
    public void Who_wants_to_leave_goes_on_until_it_is_let_go(string phase)
    {
        var rig = WorkerRig.In(phase);
        rig.Happens(new WorkerEvent.LeaveAsked());
        rig.Became(phase, "tell first: wants to leave");
        rig.Rings(WorkerTimer.Presence);
        rig.Became(phase, $"tell first: present, {StageIn(phase)} of {GenerationIn(phase)}, leaves");

        rig.Says(WorkerRig.First, new EndJob(Completed: false, "left in good order"));

        rig.Became("over", "finish early: left in good order", "end");
    }

    [Theory]
    [MemberData(nameof(Phases))]
    public void Who_wants_to_leave_looks_for_no_other_coordinator(string phase)
    {
        var rig = WorkerRig.In(phase);
        rig.Happens(new WorkerEvent.LeaveAsked());

        rig.Gone(WorkerRig.First);

        rig.Became(
            "over", "warn: the coordinator is gone; looking for a coordinator", $"abort {GenerationIn(phase)}: the coordinator is gone", "unwatch first",
            "cancel Presence", "finish early: left while the coordinator is gone", "end");
    }

    [Theory]
    [MemberData(nameof(Phases))]
    public void What_a_coordinator_says_that_it_does_not_follow_means_nothing(string phase)
    {
        var rig = WorkerRig.In(phase);

        foreach (var message in (IWireMessage[])
        [
            WorkerRig.Offer(), WorkerRig.Order(9, firstStep: 0), WorkerRig.Lease(3, 6, 1), new EndGeneration(9, "over"), new TensorsWanted(0),
            new JoinRefused("no"), new HelloWanted("out"), new EndJob(Completed: true, "done"),
        ])
        {
            rig.Says(WorkerRig.Second, message);
            rig.Became(phase);
        }

        Assert.Equal(8, rig.Stale);
    }

    [Theory]
    [MemberData(nameof(Phases))]
    public void It_says_how_far_it_is(string phase)
    {
        var rig = WorkerRig.In(phase);

        rig.Rings(WorkerTimer.Presence);

        rig.Became(phase, $"tell first: present, {StageIn(phase)} of {GenerationIn(phase)}");
    }

    [Theory]
    [MemberData(nameof(Phases))]
    public void Who_is_refused_ends(string phase)
    {
        var rig = WorkerRig.In(phase);

        rig.Says(WorkerRig.First, new JoinRefused("other data"));

        rig.Became("over", "fail BadInputException: the coordinator refuses this worker: other data", "end");
    }

    [Theory]
    [MemberData(nameof(Phases))]
    public void A_timer_of_its_search_rings_too_late(string phase)
    {
        var rig = WorkerRig.In(phase);

        rig.Rings(WorkerTimer.Hello);
        rig.Became(phase);
        rig.Rings(WorkerTimer.Patience);

        rig.Became(phase);
    }

    [Theory]
    [MemberData(nameof(Phases))]
    public void One_that_is_ended_from_outside_leaves_its_generation(string phase)
    {
        var rig = WorkerRig.In(phase);

        rig.Happens(new WorkerEvent.Abandoned());

        rig.Became("over", $"abort {GenerationIn(phase)}: W stops", "finish early: the worker was stopped");
        rig.Says(WorkerRig.First, WorkerRig.Offer());
        rig.Became("over");
    }

    private static int GenerationIn(string phase) => phase is "opening" or "joining" ? 0 : 3;

    private static WorkerStage StageIn(string phase) => phase switch
    {
        "preparing" => WorkerStage.Preparing,
        "ready" => WorkerStage.Ready,
        _ => WorkerStage.Joining,
    };
}
