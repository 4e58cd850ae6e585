using Cluster.Train.Checkpoints;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Checkpoints;

public sealed class ResumeDecisionTests
{
    private static readonly JobDefinition s_job = new()
    {
        Task = "xor",
        Seed = 1,
        Shards = 2,
        BatchSize = 8,
        Optimizer = OptimizerSettings.Sgd(0.1f),
        Length = new RunLength(5, null),
    };

    [Theory]
    [InlineData(20, true, nameof(ResumeVerdict.GoOn))]
    [InlineData(100, true, nameof(ResumeVerdict.NothingLeft))]
    [InlineData(20, false, nameof(ResumeVerdict.AskWorkers))]
    [InlineData(100, false, nameof(ResumeVerdict.AskWorkers))]
    public void What_lies_there_decides_how_a_job_begins(long step, bool goesOn, string expected) =>
        Assert.Equal(Enum.Parse<ResumeVerdict>(expected), ResumeDecision.Decide("here/ck", Checkpoint(step), s_job, goesOn));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_empty_directory_is_a_beginning_whether_or_not_the_run_was_to_go_on(bool goesOn) =>
        Assert.Equal(ResumeVerdict.Begin, ResumeDecision.Decide("here/ck", null, s_job, goesOn));

    [Fact]
    public void A_checkpoint_beyond_the_end_is_no_result_of_this_job()
    {
        var refusal = Assert.Throws<BadInputException>(() => ResumeDecision.Decide("here/ck", Checkpoint(101), s_job, goesOn: true));
        Assert.Contains("is beyond this job's end, which is step 100: give more --epochs or --steps", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_job_is_refused_with_the_field_that_differs()
    {
        var other = s_job with { Optimizer = OptimizerSettings.AdamW(0.1f), Schedule = ScheduleSettings.Step(10, 0.5f) };
        var resumed = Assert.Throws<BadInputException>(() => ResumeDecision.Decide("here/ck", Checkpoint(20), other, goesOn: true));
        Assert.Contains("was trained with optimizer sgd, this job has adamw", resumed.Message, StringComparison.Ordinal);
        var begun = Assert.Throws<BadInputException>(() => ResumeDecision.Decide("here/ck", Checkpoint(20), other, goesOn: false));
        Assert.Contains("--checkpoint-dir here/ck holds checkpoints of another job already, the newest is step-000000020 (", begun.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_schedule_that_differs_is_named_before_the_length_that_it_brings_along()
    {
        var other = s_job with { Schedule = ScheduleSettings.Cosine(3) };
        Assert.Equal(["schedule", "length"], CheckpointCompatibility.Differences(Checkpoint(20).Job, other.Canonical()).Select(difference => difference.Name));
    }

    private static CheckpointManifest Checkpoint(long step) =>
        Sample.Manifest(step) with { Job = Sample.Job.Clear().AddRange(s_job.Canonical()), JobHash = s_job.Hash() };
}
