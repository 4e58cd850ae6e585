using Cluster.Train.Coordination;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Coordination.Workers;

/// <summary>A worker with a replica: how it takes its place, does leases, and leaves a generation.</summary>
public sealed class MemberWorkerTests
{
    [Fact]
    public void A_generation_in_which_it_is_is_prepared()
    {
        var rig = WorkerRig.Joining();

        rig.Says(WorkerRig.First, WorkerRig.Order(3, firstStep: 6));
        rig.Became("preparing", "abort 0: generation 3 begins", "prepare 3 for first");
        rig.Happens(new WorkerEvent.Prepared(3));

        rig.Became("ready", "tell first: ready for 3");
    }

    [Theory]
    [InlineData("joining", 0)]
    [InlineData("ready", 3)]
    public void One_in_which_it_is_not_is_served_and_ends_the_one_before(string phase, int before)
    {
        var rig = WorkerRig.In(phase);

        rig.Says(WorkerRig.First, WorkerRig.Order(4, firstStep: 6, member: false));

        rig.Became("joining", Invariant($"abort {before}: generation 4 begins"), "serve 4");
        rig.Says(WorkerRig.First, WorkerRig.Lease(before, first: 6, steps: 1));
        rig.Became("joining");
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void One_that_it_knows_or_that_is_older_means_nothing(int generation)
    {
        var rig = WorkerRig.Ready();

        rig.Says(WorkerRig.First, WorkerRig.Order(generation, firstStep: 0));

        rig.Became("ready");
        Assert.Equal(1, rig.Stale);
    }

    [Fact]
    public void A_newer_one_takes_the_place_of_one_that_is_still_prepared()
    {
        var rig = WorkerRig.Preparing();

        rig.Says(WorkerRig.First, WorkerRig.Order(4, firstStep: 2));
        rig.Became("preparing", "abort 3: generation 4 begins", "prepare 4 for first");
        rig.Happens(new WorkerEvent.Prepared(3));
        rig.Became("preparing");
        rig.Happens(new WorkerEvent.NotPrepared(WorkerRig.Fault(3)));
        rig.Became("preparing");
        rig.Happens(new WorkerEvent.Prepared(4));

        rig.Became("ready", "tell first: ready for 4");
    }

    [Fact]
    public void A_place_that_cannot_be_taken_is_told()
    {
        var rig = WorkerRig.Preparing();

        rig.Happens(new WorkerEvent.NotPrepared(WorkerRig.Fault(3)));

        rig.Became("preparing", "tell first: fault in 3: it broke");
    }

    [Theory]
    [InlineData("preparing")]
    [InlineData("ready")]
    public void Leases_are_done_in_the_order_of_their_steps(string phase)
    {
        var rig = WorkerRig.In(phase);

        rig.Says(WorkerRig.First, WorkerRig.Lease(3, first: 6, steps: 2));
        rig.Became(phase, "do 6-8");
        rig.Says(WorkerRig.First, WorkerRig.Lease(3, first: 8, steps: 1));

        rig.Became(phase, "do 8-9");
    }

    [Theory]
    [InlineData(3, 6)]
    [InlineData(3, 9)]
    [InlineData(2, 8)]
    [InlineData(4, 8)]
    public void One_that_comes_twice_or_early_or_is_of_another_generation_is_not_done(int generation, long first)
    {
        var rig = WorkerRig.Ready();
        rig.Says(WorkerRig.First, WorkerRig.Lease(3, first: 6, steps: 2));

        rig.Says(WorkerRig.First, WorkerRig.Lease(generation, first, steps: 2));

        rig.Became("ready");
        Assert.Equal(1, rig.Stale);
    }

    [Theory]
    [InlineData("opening", 0, "opening")]
    [InlineData("joining", 0, "joining")]
    [InlineData("preparing", 3, "joining")]
    [InlineData("ready", 3, "joining")]
    [InlineData("ready", 4, "joining")]
    [InlineData("ready", 2, "ready")]
    public void The_end_of_a_generation_is_answered_and_ends_its_place_there(string phase, int generation, string after)
    {
        var rig = WorkerRig.In(phase);

        rig.Says(WorkerRig.First, new EndGeneration(generation, "x is gone"));

        rig.Became(after, Invariant($"abort {generation}: x is gone"), Invariant($"tell first: has left {generation}"));
    }

    [Fact]
    public void Nothing_of_a_generation_that_has_ended_is_done()
    {
        var rig = WorkerRig.Preparing();
        rig.Says(WorkerRig.First, new EndGeneration(3, "x is gone"));

        rig.Happens(new WorkerEvent.Prepared(3));
        rig.Became("joining");
        rig.Says(WorkerRig.First, WorkerRig.Lease(3, first: 6, steps: 2));

        rig.Became("joining");
    }

    [Theory]
    [InlineData("joining", 0)]
    [InlineData("preparing", 3)]
    [InlineData("ready", 3)]
    public void A_job_that_is_offered_anew_is_opened_anew(string phase, int generation)
    {
        var rig = WorkerRig.In(phase);

        rig.Says(WorkerRig.First, WorkerRig.Offer());

        rig.Became("opening", Invariant($"abort {generation}: the coordinator offers the job anew"), "open 2");
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    [InlineData(-1, false)]
    public void Tensors_are_shown_that_there_are(int first, bool shown)
    {
        var rig = WorkerRig.Ready();

        rig.Says(WorkerRig.First, new TensorsWanted(first));

        rig.Became("ready", shown ? [Invariant($"tell first: tensors from {first}")] : []);
    }
}
