using Cluster.Train.Checkpoints;
using Cluster.Train.Coordination;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Coordination.Phases;

public sealed class DoneAndOverTests
{
    [Fact]
    public void Whoever_comes_is_told_once_all_are_the_job_ends_again()
    {
        var rig = Done();
        rig.Hello("a");
        rig.Became("done", "tell a: job done: the job was done before");
        rig.Hello("a");
        rig.Became("done", "tell a: job done: the job was done before");
        rig.Hello("b");

        rig.Hello("c");

        rig.Became(
            "over", "tell c: job done: the job was done before", "finish completed at 6, 48 samples, 0 recoveries", "unwatch peers",
            "abort own slice 0: the coordinator stops", "end");
    }

    [Fact]
    public void It_does_not_wait_longer_than_its_patience()
    {
        var rig = Done();

        rig.Passes(29.9);
        rig.Became("done");
        rig.Passes(0.1);

        rig.Led("over", "finish completed at 6, 48 samples, 0 recoveries", "end");
    }

    [Fact]
    public void A_stop_ends_it_as_done()
    {
        var rig = Done();

        rig.Happens(new CoordinatorEvent.StopAsked());

        rig.Led("over", "finish completed at 6, 48 samples, 0 recoveries", "end");
    }

    [Fact]
    public void A_worker_that_is_gone_or_fails_changes_nothing()
    {
        var rig = Drive.Examining();
        rig.Hello("a");
        rig.Happens(new CoordinatorEvent.Examined(new CheckpointStart(ResumeVerdict.NothingLeft, "step-000000006", StubMessages.Result)));

        rig.Gone("a");
        rig.Became("done");
        rig.Faults("a", FaultKind.Task, "it failed", generation: 0);
        rig.Became("done");
    }

    [Fact]
    public void Whoever_asks_is_told_the_steps_of_the_result()
    {
        var rig = Done();

        rig.Says("observer", StatusRequest.Instance);

        rig.Became("done", "tell observer: status done 0, 6 of 6, ; waits for nobody");
    }

    [Fact]
    public void Nothing_changes_what_is_over()
    {
        var rig = Drive.Gathering();
        rig.Happens(new CoordinatorEvent.StopAsked());
        CoordinatorEvent[] events =
        [
            new CoordinatorEvent.Started(), new CoordinatorEvent.Ticked(), new CoordinatorEvent.StopAsked(), new CoordinatorEvent.Abandoned(),
            new CoordinatorEvent.Examined(CheckpointStart.Nothing), new CoordinatorEvent.WaitOver(Wait.Consider), new CoordinatorEvent.StateOpened(),
            new CoordinatorEvent.ServiceFailed(new BadInputException("too late")), new CoordinatorEvent.CheckpointSaved(2, "path"),
            new CoordinatorEvent.Heard(MachineRig.AddressOf("a"), StubMessages.Hello("a")),
            new CoordinatorEvent.Heard(MachineRig.AddressOf("a"), StatusRequest.Instance),
        ];

        Assert.All(events, happened =>
        {
            rig.Happens(happened);
            Assert.Empty(rig.Effects);
            Assert.Equal("over", rig.Phase.Name);
        });
    }

    [Fact]
    public void A_coordinator_that_is_ended_from_outside_lets_the_workers_look_for_another()
    {
        var rig = Drive.Running();

        rig.Happens(new CoordinatorEvent.Abandoned());

        rig.Became(
            "over", "fail TrainingFaultException: the coordinator was stopped before the job was done", "unwatch peers",
            "abort own slice 1: the coordinator stops");
    }

    [Fact]
    public void Only_a_coordinator_that_is_ended_from_outside_leaves_the_job_to_another_whatever_an_error_says()
    {
        var abandoned = Drive.Running();
        abandoned.Happens(new CoordinatorEvent.Abandoned());
        var failed = Drive.Running();
        var words = Fault(abandoned).Message;

        failed.Happens(new CoordinatorEvent.ServiceFailed(new TrainingFaultException(words)));

        Assert.Equal((words, true, false), (Fault(failed).Message, Fault(abandoned).IsOfCoordinatorAlone, Fault(failed).IsOfCoordinatorAlone));

        static TrainingFaultException Fault(MachineRig rig) => Assert.IsType<TrainingFaultException>(rig.Effects.OfType<Effect.Fail>().Single().Error);
    }

    private static MachineRig Done()
    {
        var rig = Drive.Examining();
        rig.Happens(new CoordinatorEvent.Examined(new CheckpointStart(ResumeVerdict.NothingLeft, "step-000000006", StubMessages.Result)));
        return rig;
    }
}
