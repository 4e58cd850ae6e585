using Cluster.Train.Coordination;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Coordination.Phases;

/// <summary>
/// Leases, reports and snapshots; what takes too long is the matter of <see cref="RunningTooLongTests"/>, who comes and goes
/// that of <see cref="RegroupingTests"/>.
/// </summary>
public sealed class RunningTests
{
    [Fact]
    public void A_report_is_written_down_shown_and_a_sign_of_life()
    {
        var rig = Drive.Running();
        rig.Passes(10);
        rig.Report("a", 0);
        rig.Became("running", "journal a 0+1", "wait Phase 32");
        rig.Report("b", 0);

        rig.Report("c", 0);

        rig.Became("running", "journal c 0+1", "show step 1, 8 samples", "wait Phase 32");
    }

    [Fact]
    public void A_report_that_comes_twice_counts_once()
    {
        var rig = Drive.Running();
        rig.Do(0);

        rig.Report("a", 0);

        rig.Became("running", "journal a 0+1", "wait Phase 32");
    }

    [Fact]
    public void The_next_lease_goes_out_when_all_have_done_the_oldest()
    {
        var rig = Drive.Running();
        rig.Report("a", 0);
        rig.Complete("a", 1);
        rig.Became("running");
        rig.Complete("a", 2);
        rig.Became("running");
        rig.Complete("b", 1);
        rig.Became("running");

        rig.Complete("c", 1);

        rig.Became("running", "tell a b c: lease 2-3 of 1, sealed 0", "wait Phase 32");
    }

    [Fact]
    public void While_a_snapshot_is_made_steps_go_on_to_the_next_one_but_not_beyond()
    {
        var rig = Drive.Running();
        rig.Do(0);

        rig.Do(1);
        // Two leases may be out, but step 4 is to end with a snapshot, and that of step 2 is not there.
        rig.Became("running", "wait Snapshot 32", "wait Phase 32");
        Assert.Equal("Phase 32, Snapshot 32", rig.WaitsLeft);
        rig.Do(2);
        rig.Led("running", "wait Phase 32");

        rig.Keep(2);

        rig.Became(
            "running", "seal 2", "tell a b c: lease 3-4 of 1, sealed 2, keep, memo 2 16",
            "tell a b c: lease 4-5 of 1, sealed 2", "wait Phase 32");
        Assert.Equal("Phase 32", rig.WaitsLeft);
    }

    [Fact]
    public void A_memo_goes_out_with_one_lease()
    {
        var rig = Drive.Sealed();
        rig.Led("running", "tell a b c: lease 3-4 of 1, sealed 2, keep, memo 2 16");

        rig.Do(2);

        rig.Led("running", "tell a b c: lease 4-5 of 1, sealed 2");
    }

    [Fact]
    public void The_last_step_ends_with_a_hash_and_the_job()
    {
        var rig = Drive.Sealed();
        rig.Do(2);
        rig.Do(3);
        rig.Keep(4);
        rig.Led("running", "seal 4", "tell a b c: lease 5-6 of 1, sealed 4, keep and hash, memo 4 32");
        rig.Do(4);
        rig.Do(5);

        rig.Keep(6, "sha256");

        rig.Became(
            "over", "journal hash 1 6 sha256", "seal 6", "finish completed at 6, 48 samples, 0 recoveries", "unwatch a", "tell a: job done: the job is done",
            "unwatch b", "tell b: job done: the job is done", "unwatch c", "tell c: job done: the job is done", "unwatch peers",
            "abort own slice 1: the coordinator stops", "end");
    }

    [Fact]
    public void An_epochs_end_is_shown_with_its_loss()
    {
        var rig = Drive.Sealed();
        rig.Report("a", 2);
        rig.Report("b", 2);

        rig.Report("c", 2);

        rig.Led("running", "show epoch 1, loss 1", "show step 3, 24 samples");
    }

    [Fact]
    public void A_report_that_was_lost_is_computed_again()
    {
        var rig = Drive.Running();
        rig.Do(0);
        rig.Report("a", 1);
        rig.Report("b", 1);
        foreach (var id in new[] { "a", "b", "c" })
        {
            rig.Complete(id, 2);
        }

        rig.Keep(2);

        rig.Became(
            "recovering", "notice: generation 1 ends: the report of step 1 was lost", "unwatch peers", "abort own slice 1: the report of step 1 was lost",
            "tell a b c: end 1: the report of step 1 was lost", "wait Phase 5");
        rig.Ended("a", 2);
        rig.Ended("b", 2);
        rig.Ended("c", 2);
        // Its losses were never told: nobody may return to step 2.
        rig.Led("preparing", "tell a b c: prepare 2 at 0 for a b c; held by nobody");
    }

    [Fact]
    public void Of_replicas_that_differ_the_minority_is_put_out_and_makes_its_replica_anew()
    {
        var rig = Drive.Running();
        rig.Do(0);
        rig.Do(1);
        rig.Keep("a", 2, "same");
        rig.Keep("b", 2, "other");

        rig.Keep("c", 2, "same");

        const string Reason = "after step 2 the parameters of B differ from the others'; its memory or processor is at fault";
        rig.Became(
            "recovering", "unwatch b", $"tell b: hello wanted: B is put out: {Reason}", $"notice: B is put out: {Reason}", $"notice: generation 1 ends: {Reason}",
            "unwatch peers", $"abort own slice 1: {Reason}", $"tell a c: end 1: {Reason}", "wait Phase 5");
        rig.Hello("b");
        rig.Became("recovering", "watch b", "tell b: offer anew");
        rig.Join("b");
        rig.Hello("b");
        rig.Became("recovering", "tell b: offer");
    }

    [Fact]
    public void Where_no_replica_has_a_majority_all_return()
    {
        var rig = Drive.Running();
        rig.Do(0);
        rig.Do(1);
        rig.Keep("a", 2, "same");
        rig.Keep("b", 2, "other");

        rig.Keep("c", 2, "third");

        rig.Led("recovering", "notice: generation 1 ends: after step 2 the replicas differ, and none of them has a majority…", "tell a b c: end 1: …");
    }

    [Fact]
    public void A_stop_ends_the_job_with_the_leases_that_are_out()
    {
        var rig = Drive.Sealed();
        rig.Happens(new CoordinatorEvent.StopAsked());
        rig.Became("running", "wait Phase 32");
        rig.Do(2);
        rig.Do(3);
        rig.Keep(4);
        rig.Led("running", "seal 4", "tell a b c: lease 4-4 of 1, sealed 4, keep and hash, memo 4 32");
        foreach (var id in new[] { "a", "b", "c" })
        {
            rig.Complete(id, 4);
        }

        rig.Keep(4, "sha256");

        rig.Led("over", "finish stopped at 4, 32 samples, 0 recoveries", "tell a: job over: the job was stopped", "end");
    }

    [Theory]
    [InlineData("StepReport")]
    [InlineData("LeaseCompleted")]
    [InlineData("SnapshotKept")]
    [InlineData("EvaluationProgress")]
    [InlineData("GenerationEnded")]
    public void Words_of_another_generation_are_counted_and_only_strangers_are_told(string name)
    {
        var rig = Drive.Running();
        rig.Says("b", Stale(name, "b"));
        rig.Became("running");

        rig.Says("x", Stale(name, "x"));

        rig.Became("running", "tell x: hello wanted: the coordinator has put this worker out of its generation");
        Assert.Equal(2, rig.Stale);
        Assert.Equal("Phase 32", rig.WaitsLeft);
    }

    [Fact]
    public void Whoever_asks_is_told_how_far_it_is()
    {
        var rig = Drive.Sealed();

        rig.Says("observer", StatusRequest.Instance);

        rig.Became("running", "tell observer: status running 1, 2 of 6, A training B training C training; waits for nobody");
    }

    private static IGenerationMessage Stale(string name, string id) => name switch
    {
        "StepReport" => new StepReport(id, 7, 0, 1, new(0, 1), [1f], [], 1),
        "LeaseCompleted" => new LeaseCompleted(id, 7, 1),
        "SnapshotKept" => new SnapshotKept(id, 7, 2, "same", null, 0),
        "EvaluationProgress" => new EvaluationProgress(id, 7, 0, 1, 8),
        _ => new GenerationEnded(id, 7, []),
    };
}
