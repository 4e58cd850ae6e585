using System.Text.Json;

namespace Cluster.Train.Tests.Hosting;

public sealed class OutputFileTests
{
    [Fact]
    public async Task The_summary_has_exactly_the_promised_fields()
    {
        using var folder = new TemporaryFolder();

        await new HostRun().RunAsync("train", "xor", "--workers", "2", "--seed", "4", "--summary", folder.File("run.json"));

        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(folder.File("run.json")));
        var fields = json.RootElement.EnumerateObject().ToDictionary(field => field.Name, field => field.Value.ToString());
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["task"] = "xor",
                ["seed"] = "4",
                ["shards"] = "2",
                ["workers"] = "2",
                ["topology"] = "coordinator",
                ["epochs"] = "2",
                ["steps"] = "40",
                ["samples"] = "5000",
                ["loss"] = "0.05",
                ["evalLoss"] = "0.03",
                ["accuracy"] = "0.998",
                ["elapsedSeconds"] = "2",
                ["samplesPerSecond"] = "2500",
                ["parameterCount"] = "17",
                ["parametersSha256"] = "ab12",
                ["generations"] = "1",
                ["recoveries"] = "0",
                ["replayedSteps"] = "0",
                ["portable"] = "False",
                ["numerics"] = "1-2-3-4-5",
                ["processor"] = "a processor",
                ["learningRate"] = "0.1",
            },
            fields);
    }

    [Fact]
    public async Task Without_evaluation_or_steps_the_summary_says_null_and_zero()
    {
        using var folder = new TemporaryFolder();
        var nothing = FakeEngine.Outcome with { Evaluation = null, Loss = double.NaN, Samples = 0, Elapsed = TimeSpan.Zero };
        var run = new HostRun { Engine = new FakeEngine { Run = (_, _) => Task.FromResult(nothing) } };

        await run.RunAsync("train", "xor", "--summary", folder.File("run.json"));

        Assert.Equal("", run.Error);
        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(folder.File("run.json")));
        Assert.All(["loss", "evalLoss", "accuracy"], name => Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty(name).ValueKind));
        Assert.Equal(0, json.RootElement.GetProperty("samplesPerSecond").GetDouble());
    }

    [Fact]
    public async Task A_summary_replaces_the_old_one_and_leaves_no_temporary_file()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("run.json"), new string('x', 100_000));

        await new HostRun().RunAsync("train", "xor", "--summary", folder.File("run.json"));

        Assert.StartsWith("{", await File.ReadAllTextAsync(folder.File("run.json")), StringComparison.Ordinal);
        Assert.Single(Directory.GetFileSystemEntries(folder.Path));
    }

    [SkippableTheory]
    [InlineData("--summary")]
    [InlineData("--history")]
    public async Task A_device_is_refused_and_stays_what_it_is(string option)
    {
        Skip.If(OperatingSystem.IsWindows(), "/dev/null is a device of Linux and macOS");

        var run = await new HostRun().RunAsync("train", "xor", option, "/dev/null");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains($"{option} is '/dev/null', which is no file but a device", run.Error, StringComparison.Ordinal);
        Assert.Equal(0, new FileInfo("/dev/null").Length);
    }

    [Fact]
    public async Task A_folder_that_vanishes_while_training_is_a_fault_with_the_files_name()
    {
        using var folder = new TemporaryFolder();
        var gone = Directory.CreateDirectory(folder.File("gone")).FullName;
        var run = new HostRun
        {
            Engine = new FakeEngine
            {
                Run = (_, _) =>
                {
                    Directory.Delete(gone);
                    return Task.FromResult(FakeEngine.Outcome);
                },
            },
        };

        await run.RunAsync("train", "xor", "--summary", Path.Combine(gone, "run.json"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"'{Path.Combine(gone, "run.json")}' cannot be written", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("loss.png", "\u0089PNG")]
    [InlineData("loss.SVG", "<?xml")]
    public async Task The_plot_is_what_its_name_says(string name, string signature)
    {
        using var folder = new TemporaryFolder();

        var run = await new HostRun().RunAsync("train", "xor", "--plot", folder.File(name));

        Assert.Equal("", run.Error);
        var content = await File.ReadAllBytesAsync(folder.File(name));
        Assert.Equal(signature, string.Concat(content.Take(signature.Length).Select(value => (char)value)));
        Assert.True(content.Length > 5_000, $"a picture of {content.Length} bytes shows nothing");
        Assert.Single(Directory.GetFileSystemEntries(folder.Path));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(20_000)]
    public async Task A_plot_is_drawn_of_however_little_or_much_happened(int moments)
    {
        using var folder = new TemporaryFolder();
        var run = new HostRun
        {
            Engine = new FakeEngine
            {
                Run = (observer, _) =>
                {
                    observer.OnRoster(FakeEngine.Roster with { EvaluationSamples = 0 });
                    for (var step = 1; step <= moments; step++) observer.OnProgress(new JobProgress(step, step * 10, 1.0 / step, 1, 10));
                    return Task.FromResult(FakeEngine.Outcome with { Evaluation = null });
                },
            },
        };

        await run.RunAsync("train", "xor", "--plot", folder.File("loss.png"));

        Assert.Equal("", run.Error);
        Assert.True(File.Exists(folder.File("loss.png")));
    }
}
