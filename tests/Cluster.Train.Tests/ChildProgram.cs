using System.Diagnostics;

namespace Cluster.Train.Tests;

/// <summary>A program of the repository as a process of its own, for what can be had only once a process. It has ended.</summary>
internal sealed record ChildProgram(int ExitCode, string Out, string Error)
{
    /// <summary>Runs <c>cluster-train</c>.</summary>
    internal static Task<ChildProgram> TrainerAsync(IReadOnlyDictionary<string, string> variables, params IEnumerable<string> args) =>
        RunAsync(Path.Combine("src", "Cluster.Train.Cli"), "cluster-train", variables, args);

    /// <summary>Runs the probe of tests/Cluster.Train.Probe.</summary>
    internal static Task<ChildProgram> ProbeAsync(IReadOnlyDictionary<string, string> variables, params IEnumerable<string> args) =>
        RunAsync(Path.Combine("tests", "Cluster.Train.Probe"), "cluster-train-probe", variables, args);

    /// <summary>Runs the program of tests/Cluster.Train.Sins.</summary>
    internal static Task<ChildProgram> SinsAsync(params string[] args) =>
        RunAsync(Path.Combine("tests", "Cluster.Train.Sins"), "cluster-train-sins", new Dictionary<string, string>(), args);

    /// <summary>Runs a sample.</summary>
    internal static Task<ChildProgram> SampleAsync(string project, string name, params IEnumerable<string> args) =>
        RunAsync(Path.Combine("samples", project), name, new Dictionary<string, string>(), args);

    /// <summary>Runs a script of the repository, with this <c>cluster-train</c>.</summary>
    internal static Task<ChildProgram> ScriptAsync(string script, params IEnumerable<string> args) => StartAsync(
        "script", "sh", new Dictionary<string, string> { ["CLUSTER_TRAIN"] = PathOf(Path.Combine("src", "Cluster.Train.Cli"), "cluster-train") }, args.Prepend(Path.Combine(Root, script)));

    /// <summary>All that it wrote, for messages.</summary>
    internal string Text => $"exit code {ExitCode}\n{Out}{Error}";

    // bin/<configuration>/<framework> of this project and of the others have the same names.
    private static DirectoryInfo Here => new(AppContext.BaseDirectory);

    private static string Root => Here.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;

    private static string PathOf(string project, string name) =>
        Path.Combine(Root, project, "bin", Here.Parent!.Name, Here.Name, name + (OperatingSystem.IsWindows() ? ".exe" : ""));

    private static Task<ChildProgram> RunAsync(string project, string name, IReadOnlyDictionary<string, string> variables, IEnumerable<string> args) =>
        StartAsync(name, PathOf(project, name), variables, args);

    private static async Task<ChildProgram> StartAsync(string name, string program, IReadOnlyDictionary<string, string> variables, IEnumerable<string> args)
    {
        var start = new ProcessStartInfo(program, args) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (variable, value) in variables)
        {
            start.Environment[variable] = value;
        }

        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{name} did not start");
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(9));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(patience.Token);
            var error = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return new ChildProgram(process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
