using System.Text;
using System.Text.Json.Nodes;
using Cluster.Train.Checkpoints;

namespace Cluster.Train.Tests.Checkpoints;

public sealed class CheckpointManifestTests
{
    private static readonly CheckpointManifest s_manifest = Sample.Manifest(123) with
    {
        Files = [new("model.safetensors", 5, new string('b', 64)), new("optimizer.safetensors", 6, new string('c', 64))],
    };

    [Fact]
    public void A_manifest_comes_back_as_it_was()
    {
        var read = ManifestJson.Read("manifest.json", ManifestJson.Write(s_manifest));

        Assert.Equal(s_manifest.Job, read.Job);
        Assert.Equal(s_manifest.Files.AsEnumerable(), read.Files);
        // NaN has no place in JSON; what is not finite is not known.
        Assert.Equal(new CheckpointMetrics(Loss: 0.25), read.Metrics);
        Assert.Equal(s_manifest with { Metrics = read.Metrics, Job = read.Job, Files = read.Files }, read);
        Assert.Equal((6, 3), (read.Epoch, read.StepInEpoch));
        Assert.StartsWith("Cluster.Train ", read.CreatedBy);
    }

    [Fact]
    public void A_manifest_of_a_version_that_kept_no_digest_of_samples_is_read()
    {
        var (with, without) = (ManifestJson.Write(s_manifest with { SampleDigest = "d1" }), ManifestJson.Write(s_manifest));

        Assert.DoesNotContain("sampleDigest", Encoding.UTF8.GetString(without), StringComparison.Ordinal);
        Assert.Null(ManifestJson.Read("manifest.json", without).SampleDigest);
        Assert.Equal("d1", ManifestJson.Read("manifest.json", with).SampleDigest);
    }

    [Fact]
    public void A_newer_format_is_refused_as_such_whatever_else_it_holds()
    {
        var refusal = Refusal(json =>
        {
            json["format"] = 2;
            json["novelty"] = true;
            json.Remove("step");
        });

        Assert.Equal("manifest.json was written by a newer version (format 2); this one reads up to 1", refusal);
    }

    [Theory]
    [InlineData("format")]
    [InlineData("createdBy")]
    [InlineData("task")]
    [InlineData("jobHash")]
    [InlineData("job")]
    [InlineData("run")]
    [InlineData("step")]
    [InlineData("stepsPerEpoch")]
    [InlineData("epoch")]
    [InlineData("stepInEpoch")]
    [InlineData("layoutHash")]
    [InlineData("dataFingerprint")]
    [InlineData("parametersSha256")]
    [InlineData("files")]
    public void A_field_that_is_missing_or_of_another_kind_is_named(string field)
    {
        Assert.Equal($"manifest.json is damaged: field '{field}' is missing", Refusal(json => json.Remove(field)));
        Assert.StartsWith($"manifest.json is damaged: ", Refusal(json => json[field] = true));
        Assert.Contains(field, Refusal(json => json[field] = true));
    }

    [Fact]
    public void What_is_unknown_or_makes_no_sense_is_named()
    {
        Assert.Contains("field 'x' is unknown", Refusal(json => json["x"] = 1));
        Assert.Contains("field 'run.hours' is unknown", Refusal(json => json["run"]!["hours"] = 1));
        Assert.Contains("field 'job.seed' is not a text", Refusal(json => json["job"]!["seed"] = 7));
        Assert.Contains("field 'step' is not a count", Refusal(json => json["step"] = -1));
        Assert.Contains("field 'step' is not a count", Refusal(json => json["step"] = 1.5));
        Assert.Contains("stepsPerEpoch 0", Refusal(json => json["stepsPerEpoch"] = 0));
        Assert.Contains("an epoch position that is not step 123", Refusal(json => json["epoch"] = 7));
        Assert.Contains("field 'metrics.loss' is not a number", Refusal(json => json["metrics"]!["loss"] = "low"));
        Assert.Contains("field 'files[1].sha256' is not a SHA-256", Refusal(json => json["files"]![1]!["sha256"] = "../x"));
        Assert.Contains("run.epochs 9999999999", Refusal(json => json["run"]!["epochs"] = 9_999_999_999));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"format\":1,\"format\":1}")]
    [InlineData("{\"\\ud800\":1}")]
    [InlineData("{\"format\":1,\"createdBy\":\"\\udfff\"}")]
    public void What_is_no_manifest_is_refused_in_one_line(string text)
    {
        var refusal = Assert.Throws<BadInputException>(() => ManifestJson.Read("manifest.json", Encoding.UTF8.GetBytes(text)));

        Assert.StartsWith("manifest.json is ", refusal.Message);
        Assert.DoesNotContain('\n', refusal.Message);
    }

    [Theory]
    [InlineData("step-000000123", 123L)]
    [InlineData("step-12345678901", 12345678901L)]
    [InlineData("step-123", null)]
    [InlineData("step-00000012x", null)]
    [InlineData("step-0000000123", null)]
    [InlineData(".tmp-step-000000123", null)]
    [InlineData("other", null)]
    public void Only_names_that_the_store_gives_count_as_checkpoints(string name, long? step) =>
        Assert.Equal(step, CheckpointManifest.StepOf(name));

    private static string Refusal(Action<JsonObject> change)
    {
        var json = JsonNode.Parse(ManifestJson.Write(s_manifest))!.AsObject();
        change(json);
        return Assert.Throws<BadInputException>(() => ManifestJson.Read("manifest.json", Encoding.UTF8.GetBytes(json.ToJsonString()))).Message;
    }
}
