using System.Text.Json;

namespace Cluster.Train.Tests.Hosting;

/// <summary>The executable of tests/Cluster.Train.Consumer, as its user starts it.</summary>
public sealed class ConsumerTests
{
    [Fact]
    public async Task A_strangers_task_trains_with_five_lines_of_program()
    {
        using var folder = new TemporaryFolder();

        var (exitCode, output, error) = await StartAsync("train", "spiral", "--epochs", "5", "--workers", "2", "--summary", folder.File("run.json"));

        Assert.True(exitCode == 0, error);
        Assert.Contains("epoch 5/5  step 100/100  loss ", output, StringComparison.Ordinal);
        using var summary = JsonDocument.Parse(await File.ReadAllTextAsync(folder.File("run.json")));
        Assert.Equal("spiral", summary.RootElement.GetProperty("task").GetString());
        Assert.Equal(100, summary.RootElement.GetProperty("steps").GetInt64());
        Assert.Equal(6000, summary.RootElement.GetProperty("samples").GetInt64());
        Assert.Equal(64, summary.RootElement.GetProperty("parametersSha256").GetString()!.Length);
    }

    [Fact]
    public async Task Its_journal_is_computed_again_to_the_same_bits_and_a_changed_line_is_found()
    {
        using var folder = new TemporaryFolder();
        string[] train = ["train", "spiral", "--workers", "2", "--shards", "4", "--optimizer", "adamw", "--schedule", "cosine:10",
            "--journal", folder.File("run.jsonl"), "--journal-hash-every", "15", "--checkpoint-dir", folder.File("checkpoints")];
        var (exitCode, _, error) = await StartAsync([.. train, "--epochs", "3"]);
        Assert.True(exitCode == 0, error);

        (exitCode, var output, error) = await StartAsync("replay", "--journal", folder.File("run.jsonl"));
        Assert.True(exitCode == 0, output + error);
        // 15, 20, 30, 40, 45, 60: the checkpoints' hashes are there, too.
        Assert.EndsWith("spiral: the bits agree from step 0 to step 60: 60 losses and 6 hashes of the parameters\n", output, StringComparison.Ordinal);

        (exitCode, output, error) = await StartAsync("replay", "--journal", folder.File("run.jsonl"), "--checkpoint", folder.File("checkpoints"));
        Assert.True(exitCode == 0, output + error);
        Assert.EndsWith("spiral: the bits agree from step 20 to step 60: 40 losses and 5 hashes of the parameters\n", output, StringComparison.Ordinal);

        var lines = await File.ReadAllLinesAsync(folder.File("run.jsonl"));
        var changed = Array.FindIndex(lines, line => line.StartsWith("{\"step\":50,", StringComparison.Ordinal));
        lines[changed] = System.Text.RegularExpressions.Regex.Replace(lines[changed], "\"loss\":[^,]+", "\"loss\":1.25", System.Text.RegularExpressions.RegexOptions.NonBacktracking);
        await File.WriteAllLinesAsync(folder.File("changed.jsonl"), lines);
        (exitCode, output, _) = await StartAsync("replay", "--journal", folder.File("changed.jsonl"), "--checkpoint", folder.File("checkpoints"));
        Assert.Equal(1, exitCode);
        Assert.Contains("spiral: the bits part at step 50: its loss is 1.25 in the journal, ", output, StringComparison.Ordinal);
        Assert.Contains("step 49 is the last that agreed; the last hash that agreed is that of step 45", output, StringComparison.Ordinal);

        (exitCode, _, error) = await StartAsync("train", "spiral", "--journal", folder.File("run.jsonl"));
        Assert.Equal(2, exitCode);
        Assert.Contains("run.jsonl has a content already", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_goes_on_continues_its_journal()
    {
        using var folder = new TemporaryFolder();
        string[] train = ["train", "spiral", "--workers", "2", "--journal", folder.File("run.jsonl"), "--checkpoint-dir", folder.File("checkpoints"), "--steps"];
        var (exitCode, _, error) = await StartAsync([.. train, "50"]);
        Assert.True(exitCode == 0, error);
        (exitCode, _, error) = await StartAsync([.. train, "70", "--resume"]);
        Assert.True(exitCode == 0, error);

        (exitCode, var output, error) = await StartAsync("replay", "--journal", folder.File("run.jsonl"));

        Assert.True(exitCode == 0, output + error);
        Assert.EndsWith("the bits agree from step 0 to step 70: 70 losses and 5 hashes of the parameters\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_author_strikes_it_with_faults_and_gets_the_same_bits()
    {
        var (exitCode, output, error) = await StartAsync("faults");

        Assert.True(exitCode == 0, output + error);
        // Warnings of its workers may stand around it.
        Assert.Contains(
            "struck: fail worker-2 at step 10 in Compute; hang coordinator at step 25 in Lease for 1 s\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_author_proves_it_by_one_call_and_by_one_command()
    {
        var (exitCode, called, error) = await StartAsync("proof");
        Assert.True(exitCode == 0, called + error);
        (exitCode, var typed, error) = await StartAsync("verify");
        Assert.True(exitCode == 0, typed + error);

        Assert.Contains("\nall 13 agree, SHA-256 of the parameters:\n", called, StringComparison.Ordinal);
        Assert.Contains("\nall 14 agree, SHA-256 of the parameters:\n", typed, StringComparison.Ordinal);
        Assert.Equal(called.Split('\n')[^2], typed.Split('\n')[^2]);
        // Progress is not in the way of whoever reads the table.
        Assert.Contains("14/14  once more, in another process\n", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_usage_and_its_mistakes_speak_of_its_own_name_and_task()
    {
        var (exitCode, output, _) = await StartAsync("train", "--help");
        Assert.Equal(0, exitCode);
        Assert.Contains("Usage: spiral-trainer train [TASK] [OPTIONS]", output, StringComparison.Ordinal);
        Assert.Contains("--arms 2|3|4", output, StringComparison.Ordinal);

        (exitCode, output, var error) = await StartAsync("train", "spirl");
        Assert.Equal((2, "", "error: unknown task 'spirl'; did you mean spiral? (known: spiral)\n"), (exitCode, output, error));
    }

    private static Task<(int ExitCode, string Output, string Error)> StartAsync(params string[] args) => ConsumerRun.StartAsync(args);
}
