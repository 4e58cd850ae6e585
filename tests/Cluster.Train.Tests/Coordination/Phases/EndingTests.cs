using Cluster.Train.Coordination;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Coordination.Phases;

/// <summary>Checkpoints on the way, and the one with which a job ends.</summary>
public sealed class EndingTests
{
    [Fact]
    public void A_checkpoint_is_written_while_steps_go_on_but_no_snapshot_takes_its_place()
    {
        var rig = Saving();
        rig.Became("running", "journal hash 1 2 two", "seal 2", "save 2 two held by a b c", "wait Phase 32");

        rig.Happens(new CoordinatorEvent.StateCollected(0));
        rig.Became("running");
        rig.Happens(new CoordinatorEvent.StateCollected(2));

        rig.Became("running", "tell a b c: lease 3-4 of 1, sealed 2, keep and hash, memo 2 16", "wait Phase 32");
        rig.Happens(new CoordinatorEvent.CheckpointSaved(2, "step-2"));
        rig.Became("running", "show checkpoint step-2 of step 2");
    }

    [Fact]
    public void A_checkpoint_that_cannot_be_written_stops_no_training()
    {
        var rig = Saving();

        rig.Happens(new CoordinatorEvent.CheckpointFailed(2, new IOException("disk full")));

        rig.Became(
            "running", "notice: checkpoint of step 2 could not be written: disk full; training goes on",
            "tell a b c: lease 3-4 of 1, sealed 2, keep and hash, memo 2 16", "wait Phase 32");
    }

    [Fact]
    public void The_coordinators_own_slice_is_a_part_of_the_checkpoint()
    {
        var rig = Saving(Topology.Coordinator);

        rig.Led("running", "save 2 two held by a b c coordinator");
    }

    [Fact]
    public void The_job_ends_when_its_last_checkpoint_is_written()
    {
        var rig = LastStep();
        rig.Became("ending", "journal hash 1 6 six", "seal 6", "save 6 six held by a b c");
        Assert.Equal("", rig.WaitsLeft);
        rig.Happens(new CoordinatorEvent.StateCollected(6));
        rig.Became("ending");

        rig.Happens(new CoordinatorEvent.CheckpointSaved(6, "step-6"));

        rig.Led("over", "finish completed at 6, 48 samples, 0 recoveries", "tell a: job done: the job is done", "end");
        Assert.Equal("step-6", Assert.Single(rig.Effects.OfType<Effect.Finish>()).Outcome.Checkpoint);
    }

    [Fact]
    public void A_last_checkpoint_that_cannot_be_written_is_the_reason_of_the_end()
    {
        var rig = LastStep();

        rig.Happens(new CoordinatorEvent.CheckpointFailed(6, new IOException("disk full")));

        rig.Led("over", "fail TrainingFaultException: the last step is done, but its checkpoint could not be written: disk full", "end");
    }

    [Fact]
    public void Neither_an_older_checkpoint_nor_a_worker_nor_a_stop_decides_how_it_ends()
    {
        var rig = LastStep();
        CoordinatorEvent[] events =
        [
            new CoordinatorEvent.CheckpointSaved(4, "step-4"), new CoordinatorEvent.CheckpointFailed(2, new IOException("disk full")),
            new CoordinatorEvent.StopAsked(), new CoordinatorEvent.Gone("a", MachineRig.AddressOf("a")),
            new CoordinatorEvent.Heard(MachineRig.AddressOf("b"), new WorkerFault("b", 1, FaultKind.Task, "it failed")),
            new CoordinatorEvent.Heard(MachineRig.AddressOf("c"), StubMessages.Hello("c")),
        ];

        Assert.All(events, happened =>
        {
            rig.Happens(happened);
            rig.Became("ending", happened is CoordinatorEvent.CheckpointSaved ? ["show checkpoint step-4 of step 4"] : []);
        });
        Assert.Equal(0, rig.Stale);
    }

    [Fact]
    public void A_service_that_fails_ends_it()
    {
        var rig = LastStep();

        rig.Happens(new CoordinatorEvent.ServiceFailed(new IOException("the journal is gone")));

        rig.Led("over", "fail IOException: the journal is gone", "end");
    }

    [Fact]
    public void A_stop_writes_a_checkpoint_of_the_step_that_was_reached()
    {
        var rig = Drive.Sealed(settings => settings with { KeepsCheckpoints = true, CheckpointEvery = 100 });
        rig.Happens(new CoordinatorEvent.StopAsked());
        rig.Do(2);
        rig.Do(3);
        rig.Keep(4);
        rig.Led("running", "tell a b c: lease 4-4 of 1, sealed 4, keep and hash, memo 4 32");

        rig.Keep(4, "four");

        rig.Led("ending", "save 4 four held by a b c");
        rig.Happens(new CoordinatorEvent.CheckpointSaved(4, "step-4"));
        rig.Led("over", "finish stopped at 4, 32 samples, 0 recoveries");
    }

    [Fact]
    public void A_stop_at_a_step_whose_checkpoint_is_written_ends_at_once()
    {
        var rig = AfterOneStep();
        rig.NewestCheckpoint = 1;
        rig.Happens(new CoordinatorEvent.CheckpointSaved(1, "step-1"));

        rig.Happens(new CoordinatorEvent.StopAsked());

        rig.Led("over", "finish stopped at 1, 8 samples, 0 recoveries");
    }

    [Fact]
    public void A_stop_at_a_step_whose_checkpoint_is_on_its_way_waits_for_it()
    {
        var rig = AfterOneStep();

        rig.Happens(new CoordinatorEvent.StopAsked());

        rig.Became("ending");
    }

    [Fact]
    public void Too_few_workers_leave_a_checkpoint_of_what_they_hold()
    {
        var rig = Alone();

        rig.Passes(60);
        rig.Led("ending", "save 2 unhashed held by a");
        rig.Happens(new CoordinatorEvent.CheckpointSaved(2, "step-2"));

        rig.Led("over", "fail TrainingFaultException: waited 60 s for at least 2 workers, and 1 is ready…");
        Assert.EndsWith("; the checkpoint step-2 holds what was done", Assert.Single(rig.Effects.OfType<Effect.Fail>()).Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_that_one_cannot_be_written_both_reasons_are_told()
    {
        var rig = Alone();
        rig.Passes(60);

        rig.Happens(new CoordinatorEvent.CheckpointFailed(2, new IOException("disk full")));

        var error = Assert.Single(rig.Effects.OfType<Effect.Fail>()).Error.Message;
        Assert.StartsWith("waited 60 s for at least 2 workers", error, StringComparison.Ordinal);
        Assert.EndsWith("; a checkpoint could not be written: disk full", error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_on_disk_already_is_not_written_again()
    {
        var rig = Alone();
        rig.NewestCheckpoint = 2;

        rig.Passes(60);

        rig.Led("over", "fail TrainingFaultException: waited 60 s for at least 2 workers…");
        Assert.DoesNotContain(rig.Effects, effect => effect is Effect.Save);
    }

    [Fact]
    public void A_stop_while_too_few_are_there_writes_a_checkpoint_and_ends_in_good_order()
    {
        var rig = Alone();

        rig.Happens(new CoordinatorEvent.StopAsked());
        rig.Led("ending", "save 2 unhashed held by a");
        rig.Happens(new CoordinatorEvent.CheckpointSaved(2, "step-2"));

        rig.Led("over", "finish stopped at 2, 16 samples, 0 recoveries");
    }

    [Fact]
    public void Without_checkpoints_that_ends_it_at_once()
    {
        var rig = Drive.Recovering();
        rig.Ended("a", 2);
        rig.Gone("b");

        rig.Happens(new CoordinatorEvent.StopAsked());

        rig.Led("over", "finish stopped at 2, 16 samples, 0 recoveries");
    }

    /// <summary>All hold step 2, of which a checkpoint is being made; the lease of step 2 is out.</summary>
    private static MachineRig Saving(Topology topology = Topology.Sharded)
    {
        var rig = Drive.Running(settings => settings with { KeepsCheckpoints = true, CheckpointEvery = 2, Topology = topology });
        rig.Do(0);
        rig.Do(1);
        rig.Keep(2, "two");
        return rig;
    }

    /// <summary>The last step is done; only its checkpoint is missing.</summary>
    private static MachineRig LastStep()
    {
        var rig = Drive.Sealed(settings => settings with { KeepsCheckpoints = true, CheckpointEvery = 100 });
        rig.Do(2);
        rig.Do(3);
        rig.Keep(4);
        rig.Do(4);
        rig.Do(5);
        rig.Keep(6, "six");
        return rig;
    }

    /// <summary>Of a job with a checkpoint after every step, the first is done, and its checkpoint is being made.</summary>
    private static MachineRig AfterOneStep()
    {
        var rig = Drive.Running(settings => settings with { KeepsCheckpoints = true, CheckpointEvery = 1 });
        rig.Do(0);
        rig.Keep(1, "one");
        rig.Led("running", "save 1 one held by a b c");
        return rig;
    }

    /// <summary>Of three members that held step 2, one is left, which has all of it.</summary>
    private static MachineRig Alone()
    {
        var rig = Drive.Recovering(settings => settings with { KeepsCheckpoints = true, CheckpointEvery = 100 });
        rig.Gone("b");
        rig.Says("a", new GenerationEnded("a", 1, [StubMessages.Whole(2)]));
        rig.Led("gathering", "notice: waiting for 2 workers; 1 is ready");
        return rig;
    }
}
