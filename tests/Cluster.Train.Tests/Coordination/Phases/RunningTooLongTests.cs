using Cluster.Train.Coordination;
using Cluster.Train.Protocol;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Coordination.Phases;

/// <summary>Steps, snapshots and evaluations that take too long.</summary>
public sealed class RunningTooLongTests
{
    [Fact]
    public void A_step_that_is_not_done_in_time_ends_the_generation()
    {
        var rig = Drive.Running();
        rig.Report("a", 0);
        rig.Complete("a", 1);
        rig.Passes(31.9);
        Assert.Equal("running", rig.Phase.Name);

        rig.Passes(0.1);

        rig.Led("recovering", "notice: generation 1 ends: step 0 was not done after 30 s; waiting for B, C", "tell a b c: end 1: …");
    }

    [Fact]
    public void A_snapshot_that_is_not_complete_in_time_ends_the_generation_though_steps_go_on()
    {
        var rig = Drive.Running();
        rig.Do(0);
        rig.Do(1);
        rig.Keep("a", 2, "same");
        rig.Passes(31.9);
        rig.Report("a", 2);

        rig.Passes(0.1);

        rig.Led("recovering", "notice: generation 1 ends: the snapshot of step 2 was not complete after 30 s; waiting for B, C");
    }

    [Fact]
    public void Where_only_a_snapshot_is_waited_for_that_is_the_reason()
    {
        var rig = Drive.Running();
        rig.Do(0);
        rig.Do(1);
        rig.Do(2);
        rig.Rings(Wait.Snapshot);
        rig.Became("running", "wait Snapshot 32");

        rig.Passes(32);

        rig.Led("recovering", "notice: generation 1 ends: the snapshot of step 2 was not complete after 30 s; waiting for A, B, C");
    }

    [Fact]
    public void An_evaluation_that_goes_on_is_a_sign_of_life_and_one_that_stands_still_is_none()
    {
        var rig = Drive.Running();
        rig.Passes(30);
        rig.Says("a", new EvaluationProgress("a", 1, 0, Batches: 3, Total: 8));
        rig.Became("running", "wait Phase 32");
        rig.Passes(30);
        rig.Says("a", new EvaluationProgress("a", 1, 0, Batches: 3, Total: 8));
        rig.Became("running");

        rig.Passes(2);

        rig.Led("recovering", "notice: generation 1 ends: the evaluation after step 0 stands still: no batch was done in 30 s; waiting for A, which has done 3 of 8 batches");
    }

    [Fact]
    public void An_evaluation_that_was_reported_is_not_waited_for()
    {
        var rig = Drive.Running();
        rig.Says("a", new EvaluationProgress("a", 1, 1, Batches: 3, Total: 8));
        rig.Report("a", 0, new ShardEvaluation(1, 0, 1, 1, 1, 1, MetricSums.None));

        rig.Passes(32);

        rig.Led("recovering", "notice: generation 1 ends: step 0 was not done after 30 s; waiting for A, B, C");
    }

    [Fact]
    public void Time_in_which_the_process_was_stopped_times_nothing_out()
    {
        var rig = Drive.Running();
        rig.Passes(10);
        rig.Stops(100);

        rig.Rings(Wait.Phase);
        rig.Became("running", "wait Phase 21");
        rig.Passes(20.9);
        Assert.Equal("running", rig.Phase.Name);
        rig.Passes(0.1);

        Assert.Equal("recovering", rig.Phase.Name);
    }
}
