using System.Diagnostics;

namespace Cluster.Train.Tests.Deploy;

/// <summary>The shell scripts of <c>deploy/</c>: that bash can read them, and what they say before they do anything.</summary>
public sealed class ShellScriptTests
{
    [SkippableTheory]
    [InlineData("deploy/gpu-check.sh")]
    [InlineData("deploy/gpu-check/check.sh")]
    [InlineData("deploy/make-certificates.sh")]
    [InlineData("deploy/prerequisites.sh")]
    [InlineData("deploy/slurm.sh")]
    [InlineData("deploy/kubernetes/rehearse.sh")]
    public async Task A_script_has_no_error_of_syntax(string script)
    {
        Assert.Equal((0, "", ""), await BashAsync("-n", script));
    }

    [SkippableTheory]
    [InlineData("deploy/gpu-check.sh", "deploy/gpu-check.sh bundle FILE.tar.xz")]
    [InlineData("deploy/gpu-check/check.sh", "./check.sh --data DIR [OPTIONS]")]
    public async Task Help_says_how_a_script_is_called(string script, string usage)
    {
        var (exitCode, output, error) = await BashAsync(script, "--help");

        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains(usage, output, StringComparison.Ordinal);
        Assert.DoesNotContain("set -euo", output, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("give a command", "deploy/gpu-check.sh")]
    [InlineData("give one file for the bundle", "deploy/gpu-check.sh", "bundle")]
    [InlineData("'folder' does not end in .tar.xz", "deploy/gpu-check.sh", "bundle", "folder")]
    [InlineData("--device is 'gpu': give cuda or cpu", "deploy/gpu-check/check.sh", "--device", "gpu")]
    [InlineData("give a task", "deploy/slurm.sh")]
    [InlineData("there is no SLURM_JOB_ID: start this with sbatch", "deploy/slurm.sh", "xor")]
    [InlineData("there is no option '--fast'", "deploy/gpu-check/check.sh", "--fast")]
    public async Task Bad_input_is_one_line_and_exit_code_2(string expected, params string[] args)
    {
        var (exitCode, output, error) = await BashAsync(args);

        Assert.Equal((2, ""), (exitCode, output));
        Assert.Contains(expected, Assert.Single(error.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Out, string Error)> BashAsync(params string[] args)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "the scripts are for Linux");
        var start = new ProcessStartInfo("bash", args) { UseShellExecute = false, WorkingDirectory = Repository, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }

    private static string Repository
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder.FullName, "Cluster.Train.sln"))) folder = folder.Parent!;
            return folder.FullName;
        }
    }
}
