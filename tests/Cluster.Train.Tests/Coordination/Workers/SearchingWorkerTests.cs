using Cluster.Train.Coordination;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Coordination.Workers;

/// <summary>A worker that looks for a coordinator.</summary>
public sealed class SearchingWorkerTests
{
    [Fact]
    public void It_says_hello_again_and_again_for_as_long_as_its_patience_lasts()
    {
        var rig = new WorkerRig();
        rig.Happens(new WorkerEvent.Started());
        rig.Became("searching", "Hello every 1 s from now on", "Patience in 120 s");

        rig.Rings(WorkerTimer.Hello);
        rig.Became("searching", "greet");

        rig.Rings(WorkerTimer.Patience);
        rig.Became(
            "over",
            "fail TrainingFaultException: waited 120 s for a coordinator, and none answered; check that one runs and that --seed-node names it", "end");
    }

    [Fact]
    public void The_first_that_offers_a_job_is_followed()
    {
        var rig = WorkerRig.Searching();

        rig.Says(WorkerRig.First, WorkerRig.Offer(fresh: true));

        rig.Became("opening", "cancel Hello", "cancel Patience", "watch first", "open 1 anew");
    }

    [Fact]
    public void Whom_one_refuses_ends()
    {
        var rig = WorkerRig.Searching();

        rig.Says(WorkerRig.First, new JoinRefused("another build"));

        rig.Became("over", "fail BadInputException: the coordinator refuses this worker: another build", "end");
    }

    [Fact]
    public void A_job_that_is_over_needs_nobody()
    {
        var rig = WorkerRig.Searching();

        rig.Says(WorkerRig.Second, new EndJob(Completed: true, "done"));

        rig.Became("over", "finish completed: done", "end");
    }

    [Fact]
    public void Who_is_to_leave_goes_at_once()
    {
        var rig = WorkerRig.Searching();

        rig.Happens(new WorkerEvent.LeaveAsked());

        rig.Became("over", "finish early: left before it was a member", "end");
    }

    [Fact]
    public void What_belongs_to_an_earlier_coordinator_means_nothing()
    {
        var rig = WorkerRig.Ready();
        rig.Gone(WorkerRig.First);

        foreach (var late in (WorkerEvent[])
        [
            new WorkerEvent.Gone(new ActorAddress(WorkerRig.First)), new WorkerEvent.Rang(WorkerTimer.Presence), new WorkerEvent.Prepared(3),
            new WorkerEvent.NotPrepared(WorkerRig.Fault(3)), WorkerRig.Opened(1), new WorkerEvent.NotOpened(1, WorkerRig.Fault(0)),
            new WorkerEvent.Heard(new ActorAddress(WorkerRig.First), WorkerRig.Lease(3, 6, 1)),
            new WorkerEvent.Heard(new ActorAddress(WorkerRig.First), WorkerRig.Order(4, 6)),
        ])
        {
            rig.Happens(late);
            rig.Became("searching");
        }
    }

    [Fact]
    public void A_generation_that_it_knew_from_a_coordinator_before_is_not_begun_again()
    {
        var rig = WorkerRig.Ready();
        rig.Gone(WorkerRig.First);
        rig.Says(WorkerRig.Second, WorkerRig.Offer());
        rig.Became("opening", "cancel Hello", "cancel Patience", "watch second", "open 2");
        rig.Happens(WorkerRig.Opened(2));

        rig.Says(WorkerRig.Second, WorkerRig.Order(3, firstStep: 0));
        rig.Became("joining");
        Assert.Equal(1, rig.Stale);

        rig.Says(WorkerRig.Second, WorkerRig.Order(4, firstStep: 0));
        rig.Became("preparing", "abort 3: generation 4 begins", "prepare 4 for second");
    }
}
