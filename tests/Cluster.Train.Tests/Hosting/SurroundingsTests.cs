using System.Diagnostics;
using System.Globalization;

namespace Cluster.Train.Tests.Hosting;

/// <summary>The consumer's executable in surroundings that only a real process meets; all of them are Linux's.</summary>
public sealed class SurroundingsTests : IDisposable
{
    // Longer than any test waits: each stops its job.
    private const string Endless = "train spiral --epochs 100000000 --checkpoint-dir ";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TemporaryFolder _folder = new();
    private readonly CancellationTokenSource _patience = new(Patience);

    public void Dispose()
    {
        _patience.Dispose();
        _folder.Dispose();
    }

    [SkippableTheory]
    [InlineData("> /dev/full")]
    [InlineData("> /dev/full 2> /dev/full")]
    public async Task A_full_disk_behind_the_output_costs_lines_and_no_file(string redirection)
    {
        SkipUnlessLinux();
        using var process = Start($"exec \"$0\" train spiral --epochs 3 --summary {_folder.File("run.json")} --plot {_folder.File("run.svg")} {redirection}");
        var error = await process.StandardError.ReadToEndAsync(_patience.Token);
        await process.WaitForExitAsync(_patience.Token);

        Assert.Equal(1, process.ExitCode);
        Assert.Equal(redirection.Contains("2>", StringComparison.Ordinal) ? "" : "error: standard output could not be written (No space left on device): lines are missing there; all else was done, and the files are whole\n", error);
        Assert.True(File.Exists(_folder.File("run.json")) && File.Exists(_folder.File("run.svg")));
    }

    [SkippableTheory]
    [InlineData("HUP", 129)]
    [InlineData("QUIT", 131)]
    public async Task A_signal_that_would_end_the_process_leaves_a_checkpoint(string signal, int exitCode)
    {
        SkipUnlessLinux();
        using var process = Start($"exec \"$0\" {Endless}{_folder.File("checkpoints")} --checkpoint-every 1000000000");
        await ReadsAsync(process, "epoch 2/");

        await SignalAsync(process, signal);
        await process.StandardOutput.ReadToEndAsync(_patience.Token);
        await process.WaitForExitAsync(_patience.Token);

        Assert.Equal(exitCode, process.ExitCode);
        Assert.Single(Directory.GetDirectories(_folder.File("checkpoints"), "step-*"));
    }

    [SkippableFact]
    public async Task A_run_that_was_started_to_outlive_its_terminal_does()
    {
        SkipUnlessLinux();
        using var process = Start($"trap '' HUP; exec \"$0\" {Endless}{_folder.File("checkpoints")}");
        var before = await ReadsAsync(process, "epoch 2/");

        await SignalAsync(process, "HUP");
        Assert.NotEqual(before, await ReadsAsync(process, "epoch "));
        await SignalAsync(process, "TERM");
        await process.StandardOutput.ReadToEndAsync(_patience.Token);
        await process.WaitForExitAsync(_patience.Token);

        Assert.Equal(143, process.ExitCode);
    }

    [SkippableTheory]
    [InlineData("OMP_PROC_BIND=true")]
    [InlineData("GOMP_CPU_AFFINITY=0")]
    public async Task Settings_that_tie_threads_to_cores_leave_the_workers_the_cores_of_the_process(string setting)
    {
        SkipUnlessLinux();
        using var process = Start($"export {setting}; exec \"$0\" {Endless}{_folder.File("checkpoints")} --workers 2");
        await ReadsAsync(process, "epoch 2/");

        var allowed = Directory.GetDirectories($"/proc/{process.Id}/task")
            .Where(thread => File.ReadAllText(Path.Combine(thread, "comm")).StartsWith("worker-", StringComparison.Ordinal))
            .Select(thread => CoresOf(Path.Combine(thread, "status")))
            .ToArray();
        await SignalAsync(process, "KILL");
        await process.WaitForExitAsync(_patience.Token);

        // A test's own process has the cores that it gave to the one it started.
        Assert.Equal([CoresOf("/proc/self/status"), CoresOf("/proc/self/status")], allowed);
    }

    private static void SkipUnlessLinux() => Skip.IfNot(OperatingSystem.IsLinux(), "needs Linux: /dev/full, /proc and its signals");

    private static string CoresOf(string status) => File.ReadLines(status).First(line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal));

    // A shell starts it, so that what the test asks for is as a user would ask. Signals that this process was started to
    // ignore are ignored in what it starts, too: env gives them back their effect.
    private static Process Start(string script) => Process.Start(
        new ProcessStartInfo("env", ["--default-signal=INT,QUIT,HUP,TERM", "sh", "-c", script, ConsumerRun.Executable])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        }) ?? throw new InvalidOperationException("the consumer did not start");

    private async Task<string> ReadsAsync(Process process, string start)
    {
        while (await process.StandardOutput.ReadLineAsync(_patience.Token) is { } line)
        {
            if (line.StartsWith(start, StringComparison.Ordinal)) return line;
        }

        throw new InvalidOperationException($"it ended without a line '{start}': {await process.StandardError.ReadToEndAsync(_patience.Token)}");
    }

    private async Task SignalAsync(Process process, string signal)
    {
        using var kill = Process.Start("kill", ["-s", signal, process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(_patience.Token);
    }
}
