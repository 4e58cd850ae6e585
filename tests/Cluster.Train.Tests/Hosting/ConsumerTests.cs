using System.Diagnostics;
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
    public async Task Its_usage_and_its_mistakes_speak_of_its_own_name_and_task()
    {
        var (exitCode, output, _) = await StartAsync("train", "--help");
        Assert.Equal(0, exitCode);
        Assert.Contains("Usage: spiral-trainer train [TASK] [OPTIONS]", output, StringComparison.Ordinal);
        Assert.Contains("--arms 2|3|4", output, StringComparison.Ordinal);

        (exitCode, output, var error) = await StartAsync("train", "spirl");
        Assert.Equal((2, "", "error: unknown task 'spirl'; did you mean spiral? (known: spiral)\n"), (exitCode, output, error));
    }

    private static async Task<(int ExitCode, string Output, string Error)> StartAsync(params string[] args)
    {
        // bin/<configuration>/<framework> of this project and of the consumer have the same names.
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var tests = here.Parent!.Parent!.Parent!.Parent!;
        var folder = Path.Combine(tests.FullName, "Cluster.Train.Consumer", "bin", here.Parent!.Name, here.Name);
        var start = new ProcessStartInfo(Path.Combine(folder, OperatingSystem.IsWindows() ? "spiral-trainer.exe" : "spiral-trainer"), args)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("the consumer did not start");
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var output = process.StandardOutput.ReadToEndAsync(patience.Token);
        var error = process.StandardError.ReadToEndAsync(patience.Token);
        await process.WaitForExitAsync(patience.Token);
        return (process.ExitCode, await output, await error);
    }
}
