using System.Diagnostics;

namespace Cluster.Train.Tests.Hosting;

/// <summary>The executable of tests/Cluster.Train.Consumer, as its user starts it.</summary>
internal static class ConsumerRun
{
    /// <summary>The program.</summary>
    internal static string Executable
    {
        get
        {
            // bin/<configuration>/<framework> of this project and of the consumer have the same names.
            var here = new DirectoryInfo(AppContext.BaseDirectory);
            var tests = here.Parent!.Parent!.Parent!.Parent!;
            var folder = Path.Combine(tests.FullName, "Cluster.Train.Consumer", "bin", here.Parent!.Name, here.Name);
            return Path.Combine(folder, OperatingSystem.IsWindows() ? "spiral-trainer.exe" : "spiral-trainer");
        }
    }

    /// <summary>Starts it, and waits for its end.</summary>
    /// <param name="args">Its arguments.</param>
    /// <param name="culture">LC_ALL; null for that of the tests.</param>
    internal static async Task<(int ExitCode, string Output, string Error)> StartAsync(string[] args, string? culture = null)
    {
        var start = new ProcessStartInfo(Executable, args)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (culture is not null)
        {
            start.Environment["LC_ALL"] = culture;
        }

        using var process = Process.Start(start) ?? throw new InvalidOperationException("the consumer did not start");
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(8));
        var output = process.StandardOutput.ReadToEndAsync(patience.Token);
        var error = process.StandardError.ReadToEndAsync(patience.Token);
        await process.WaitForExitAsync(patience.Token);
        return (process.ExitCode, await output, await error);
    }
}
