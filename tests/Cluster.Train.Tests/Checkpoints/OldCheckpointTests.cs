using System.Text.Json;
using Cluster.Train.Tests.Hosting;

namespace Cluster.Train.Tests.Checkpoints;

/// <summary>
/// A checkpoint of version 0.1.0, before metrics, groups and moving averages were there: it loads, and goes on to the hash that the
/// program of then came to. What an upgrade promises, see docs/upgrading.md.
/// </summary>
/// <remarks>
/// Old/ was written by: cluster-train train xor --workers 2 --shards 4 --optimizer adamw --lr 0.01 --schedule step:500:0.5
/// --seed 7 --portable --steps 400 --checkpoint-every 200 --keep 1. With --steps 800 that program ended at <see cref="Hash"/>.
/// </remarks>
public sealed class OldCheckpointTests
{
    private const string Hash = "bdca3aac9919c896caba05167df630f038a2af5df4ac208540b684f3e2f380d4";

    private static readonly Dictionary<string, string> s_noVariables = [];

    [Fact]
    public async Task A_job_of_an_earlier_version_goes_on_to_the_bits_it_had_then()
    {
        using var folder = new TemporaryFolder();
        Copy(folder.File("checkpoints"));

        var run = await ChildProgram.TrainerAsync(
            s_noVariables, "train", "xor", "--checkpoint-dir", folder.File("checkpoints"), "--resume", "--workers", "3", "--steps", "800", "--summary", folder.File("run.json"));

        Assert.True(run.ExitCode == 0, run.Text);
        using var summary = JsonDocument.Parse(await File.ReadAllTextAsync(folder.File("run.json")));
        Assert.Equal(Hash, summary.RootElement.GetProperty("parametersSha256").GetString());
    }

    [Fact]
    public async Task Its_model_is_evaluated_as_it_was_then()
    {
        using var folder = new TemporaryFolder();
        Copy(folder.File("checkpoints"));

        var run = await ChildProgram.TrainerAsync(s_noVariables, "evaluate", "xor", "--checkpoint", folder.File("checkpoints"));

        Assert.True(run.ExitCode == 0, run.Text);
        Assert.Contains("0.0414", run.Out, StringComparison.Ordinal);
    }

    private static void Copy(string to)
    {
        var from = Path.Combine(AppContext.BaseDirectory, "Checkpoints", "Old", "step-000000400");
        var target = Directory.CreateDirectory(Path.Combine(to, "step-000000400")).FullName;
        foreach (var file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        }
    }
}
