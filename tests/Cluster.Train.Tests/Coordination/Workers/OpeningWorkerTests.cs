using Cluster.Train.Coordination;

namespace Cluster.Train.Tests.Coordination.Workers;

/// <summary>A worker whose replica is being made.</summary>
public sealed class OpeningWorkerTests
{
    [Fact]
    public void Once_it_is_made_the_worker_asks_to_join_and_says_steadily_that_it_is_there()
    {
        var rig = WorkerRig.Opening();

        rig.Happens(WorkerRig.Opened(1));

        rig.Became("joining", "Presence every 5 s", "ask first to join with 3 of 3 tensors");
    }

    [Fact]
    public void One_that_cannot_be_made_is_told()
    {
        var rig = WorkerRig.Opening();

        rig.Happens(new WorkerEvent.NotOpened(1, WorkerRig.Fault(0)));

        rig.Became("opening", "tell first: fault in 0: it broke");
    }

    [Fact]
    public void An_offer_meanwhile_is_the_one_that_is_being_answered()
    {
        var rig = WorkerRig.Opening();

        rig.Says(WorkerRig.First, WorkerRig.Offer());

        rig.Became("opening");
    }

    [Fact]
    public void Without_a_replica_there_is_no_place_in_a_generation_and_there_are_no_tensors()
    {
        var rig = WorkerRig.Opening();

        rig.Says(WorkerRig.First, WorkerRig.Order(1, firstStep: 0));
        rig.Became("opening");
        rig.Says(WorkerRig.First, WorkerRig.Lease(1, 0, 1));
        rig.Became("opening");
        rig.Says(WorkerRig.First, new Train.Protocol.TensorsWanted(0));
        rig.Became("opening");

        Assert.Equal(2, rig.Stale);
    }

    [Fact]
    public void What_another_coordinator_wanted_opened_is_not_offered_to_this_one()
    {
        var rig = WorkerRig.Opening();
        rig.Gone(WorkerRig.First);
        rig.Says(WorkerRig.Second, WorkerRig.Offer());

        rig.Happens(WorkerRig.Opened(1));
        rig.Became("opening");
        rig.Happens(new WorkerEvent.NotOpened(1, WorkerRig.Fault(0)));
        rig.Became("opening");
        rig.Happens(WorkerRig.Opened(2));

        rig.Became("joining", "Presence every 5 s", "ask second to join with 3 of 3 tensors");
    }

    [Fact]
    public void Until_the_replica_is_made_anew_the_worker_has_no_place()
    {
        var rig = WorkerRig.Ready();
        rig.Says(WorkerRig.First, WorkerRig.Offer(fresh: true));
        rig.Became("opening", "abort 3: the coordinator offers the job anew", "open 2 anew");

        rig.Rings(WorkerTimer.Presence);

        rig.Became("opening", "tell first: present, Joining of 3");
    }
}
