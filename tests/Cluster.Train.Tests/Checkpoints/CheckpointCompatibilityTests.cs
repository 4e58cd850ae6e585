using Cluster.Train.Checkpoints;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Checkpoints;

public sealed class CheckpointCompatibilityTests
{
    private static readonly CheckpointManifest s_manifest = Sample.Manifest(40);

    [Fact]
    public void The_same_job_goes_on() =>
        CheckpointCompatibility.Check(s_manifest, Sample.Job, "layout-1", "data-1");

    [Theory]
    [InlineData("batch-size", "64", "batch-size 128, this job has 64; use --batch-size 128 or another --checkpoint-dir")]
    [InlineData("task", "mnist", "task xor, this job has mnist; use task xor or another --checkpoint-dir")]
    [InlineData("portable", "yes", "portable no, this job has yes; use no --portable, or another --checkpoint-dir")]
    [InlineData("clip-norm", "1", "clip-norm none, this job has 1; use no --clip-norm, or another --checkpoint-dir")]
    [InlineData("task.model", "cnn", "model mlp, this job has cnn; use --model mlp or another --checkpoint-dir")]
    [InlineData("task.new", "x", "new not set, this job has x; use another --checkpoint-dir")]
    [InlineData("length", "3 epochs", "length not set, this job has 3 epochs; use another --checkpoint-dir")]
    public void The_field_that_differs_is_named_with_both_values_and_what_to_do(string field, string value, string words) =>
        Assert.Equal($"checkpoint step-000000040 was trained with {words}", Refusal(field, value));

    [Fact]
    public void Of_the_optimizer_the_number_that_differs_is_named()
    {
        var other = Sample.Job["optimizer"].Replace("lr=0.1", "lr=0.2", StringComparison.Ordinal);
        Assert.EndsWith("with lr 0.1, this job has 0.2; use --lr 0.1 or another --checkpoint-dir", Refusal("optimizer", other));
        other = Sample.Job["optimizer"].Replace("nesterov=False", "nesterov=True", StringComparison.Ordinal);
        Assert.EndsWith("with nesterov False, this job has True; use no --nesterov, or another --checkpoint-dir", Refusal("optimizer", other));
    }

    [Fact]
    public void A_run_length_that_the_schedule_depends_on_is_named_by_its_option()
    {
        var manifest = s_manifest with { Job = Sample.Job.Add("length", "100 epochs") };
        var refusal = Assert.Throws<BadInputException>(() => CheckpointCompatibility.Check(manifest, Sample.Job.Add("length", "50 epochs"), "layout-1", "data-1"));
        Assert.EndsWith("with length 100 epochs, this job has 50 epochs; use --epochs 100 or another --checkpoint-dir", refusal.Message);
    }

    [Fact]
    public void Numbers_with_a_decimal_comma_are_told_to_be_what_they_are()
    {
        var manifest = s_manifest with { Job = Sample.Job.SetItem("optimizer", Sample.Job["optimizer"].Replace("lr=0.1", "lr=0,1", StringComparison.Ordinal)) };
        var refusal = Assert.Throws<BadInputException>(() => CheckpointCompatibility.Check(manifest, Sample.Job, "layout-1", "data-1"));
        Assert.Equal(
            "checkpoint step-000000040 has lr 0,1, with a decimal comma: an earlier version wrote it that misread its own numbers, so that its training is not what was asked for; begin anew with another --checkpoint-dir",
            refusal.Message);
    }

    [Fact]
    public void Of_data_in_two_parts_the_part_that_differs_is_shown()
    {
        var training = $"csv {new string('4', 64)}";
        var manifest = s_manifest with { DataFingerprint = $"{training} csv {new string('a', 64)}" };
        var refusal = Assert.Throws<BadInputException>(() => CheckpointCompatibility.Check(manifest, Sample.Job, "layout-1", $"{training} csv {new string('b', 64)}"));
        Assert.Contains("was trained on other data (fingerprint …aaaaaaaaaaaaaaaa…, this job's is …bbbbbbbbbbbbbbbb…)", refusal.Message);
    }

    [Fact]
    public void Another_model_or_other_data_is_refused()
    {
        var layout = Assert.Throws<BadInputException>(() => CheckpointCompatibility.Check(s_manifest, Sample.Job, "layout-2", "data-1"));
        Assert.Contains("is of a model with other tensors: others of them are trained, or they are in other groups or in another order (layout layout-1, this job's is layout-2)", layout.Message);
        layout = Assert.Throws<BadInputException>(() => CheckpointCompatibility.Check(s_manifest, Sample.Job, "layout-2", "data-1", "its 'a' is [2], this job's [3]"));
        Assert.Contains("is of a model with other tensors: its 'a' is [2], this job's [3]; use another --checkpoint-dir", layout.Message);
        var data = Assert.Throws<BadInputException>(() => CheckpointCompatibility.Check(s_manifest, Sample.Job, "layout-1", "data-2"));
        Assert.Contains("was trained on other data (fingerprint data-1, this job's is data-2)", data.Message);
    }

    [Fact]
    public void Samples_that_are_read_as_others_are_refused_where_nothing_else_explains_it()
    {
        var manifest = s_manifest with { SampleDigest = "d1", Numerics = "n1" };

        var refusal = Assert.Throws<BadInputException>(() => CheckpointCompatibility.CheckSamples(manifest, "d2", "n1")).Message;

        Assert.StartsWith("checkpoint step-000000040 was trained on the same data, but its samples were read as others (digest d1, now d2): Read depends", refusal, StringComparison.Ordinal);
        Assert.Contains("BatchBuffers.Random", refusal, StringComparison.Ordinal);
        CheckpointCompatibility.CheckSamples(manifest, "d1", "n1");
        CheckpointCompatibility.CheckSamples(manifest, "d2", "n2");
        CheckpointCompatibility.CheckSamples(manifest, "", "n1");
        CheckpointCompatibility.CheckSamples(s_manifest with { Numerics = "n1" }, "d2", "n1");
    }

    [Fact]
    public void Every_field_of_a_job_definition_is_compared()
    {
        var job = new JobDefinition { Task = "xor", Seed = 1, Shards = 2, BatchSize = 8, Optimizer = OptimizerSettings.AdamW(0.001f), Length = new RunLength(1, null) };
        var manifest = s_manifest with { Job = s_manifest.Job.Clear().AddRange(job.Canonical()) };
        CheckpointCompatibility.Check(manifest, job.Canonical(), "layout-1", "data-1");
        JobDefinition[] others =
        [
            job with { Task = "mnist" }, job with { Seed = 2 }, job with { Shards = 3 }, job with { BatchSize = 9 },
            job with { Optimizer = OptimizerSettings.Sgd(0.001f) }, job with { Optimizer = OptimizerSettings.AdamW(0.002f) },
            job with { Schedule = ScheduleSettings.Cosine(3) }, job with { ClipNorm = 1 },
            job with { Threads = 2 }, job with { Portable = true }, job with { Device = DeviceKind.Cuda },
        ];
        Assert.All(others, other =>
        {
            var refusal = Assert.Throws<BadInputException>(() => CheckpointCompatibility.Check(manifest, other.Canonical(), "layout-1", "data-1"));
            Assert.StartsWith("checkpoint step-000000040 was trained with ", refusal.Message);
        });
    }

    private static string Refusal(string field, string value) =>
        Assert.Throws<BadInputException>(() => CheckpointCompatibility.Check(s_manifest, Sample.Job.SetItem(field, value), "layout-1", "data-1")).Message;
}
