using Cluster.Train.Checkpoints;
using Cluster.Train.Coordination;

namespace Cluster.Train.Tests.Coordination.Phases;

public sealed class ExaminingTests
{
    [Theory]
    [InlineData(false, "examine")]
    [InlineData(true, "examine as a successor")]
    public void It_begins_with_a_look_at_the_checkpoint_directory(bool succeeds, string effect) =>
        Drive.Examining(settings => settings with { Succeeds = succeeds }).Became("examining", effect);

    [Theory]
    [InlineData(ResumeVerdict.Begin)]
    [InlineData(ResumeVerdict.GoOn)]
    internal void Then_it_gathers_workers(ResumeVerdict verdict)
    {
        var rig = Drive.Examining();

        rig.Happens(new CoordinatorEvent.Examined(new CheckpointStart(verdict, "step-000000004")));

        rig.Became("gathering");
        Assert.Equal("Consider 1", rig.WaitsLeft);
    }

    [Fact]
    public void It_tells_of_checkpoints_that_the_run_was_not_told_to_go_on_from()
    {
        var rig = Drive.Examining();

        rig.Happens(new CoordinatorEvent.Examined(new CheckpointStart(ResumeVerdict.AskWorkers, "step-000000004") { Directory = "ck" }));

        rig.Became("gathering", "notice: checkpoint directory ck holds checkpoints of this job already, the newest is step-000000004: waiting 30 s for workers…");
    }

    [Fact]
    public void Workers_that_come_early_wait_and_open_as_soon_as_it_gathers()
    {
        var rig = Drive.Examining();
        rig.Hello("a");
        rig.Became("examining", "watch a", "tell a: offer");
        rig.Join("a");
        rig.Became("examining");
        rig.Arrive("b", "c");

        rig.Happens(new CoordinatorEvent.Examined(CheckpointStart.Nothing));

        rig.Became("opening", "open 1 tensors");
    }

    [Fact]
    public void A_job_that_is_done_lets_those_go_that_are_there_and_waits_for_the_others()
    {
        var rig = Drive.Examining();
        rig.Hello("a");

        rig.Happens(new CoordinatorEvent.Examined(new CheckpointStart(ResumeVerdict.NothingLeft, "step-000000006", StubMessages.Result)));

        rig.Became("done", "notice: step-000000006 is the end of this job: nothing left to do", "wait Phase 30", "tell a: job done: the job was done before");
    }

    [Fact]
    public void A_job_that_is_done_ends_at_once_where_all_workers_are_there()
    {
        var rig = Drive.Examining(settings => settings with { Workers = 1, MinWorkers = 1 });
        rig.Hello("a");

        rig.Happens(new CoordinatorEvent.Examined(new CheckpointStart(ResumeVerdict.NothingLeft, "step-000000006", StubMessages.Result)));

        rig.Led("over", "finish completed at 6, 48 samples, 0 recoveries", "end");
    }

    [Fact]
    public void A_directory_that_cannot_be_read_ends_the_job()
    {
        var rig = Drive.Examining();

        rig.Happens(new CoordinatorEvent.ServiceFailed(new BadInputException("no access")));

        rig.Became("over", "fail BadInputException: no access", "unwatch peers", "abort own slice 0: the coordinator stops", "end");
    }

    [Fact]
    public void A_stop_ends_the_job()
    {
        var rig = Drive.Examining();

        rig.Happens(new CoordinatorEvent.StopAsked());

        rig.Became("over", "fail OperationCanceledException: stopped before the first step", "unwatch peers", "abort own slice 0: the coordinator stops", "end");
    }

    [Fact]
    public void A_second_look_means_nothing_later()
    {
        var rig = Drive.Opening();

        rig.Happens(new CoordinatorEvent.Examined(new CheckpointStart(ResumeVerdict.NothingLeft, "step-000000006", StubMessages.Result)));

        rig.Became("opening");
    }
}
