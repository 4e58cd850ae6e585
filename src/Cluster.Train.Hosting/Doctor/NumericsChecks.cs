using System.Diagnostics;
using System.Reflection;
using Cluster.Train.Native;
using Cluster.Train.Training.Numerics;

namespace Cluster.Train.Hosting.Doctor;

/// <summary>Which bits this machine computes, by default and with <c>--portable</c>; each found in a process of its own.</summary>
internal static class NumericsChecks
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Both checks. None throws.</summary>
    /// <param name="compute">Runs <c>numerics</c> with or without <c>--portable</c>; null where it did not end in time.</param>
    internal static IReadOnlyList<Finding> Run(Func<bool, Answer?> compute) =>
    [
        compute(false) switch
        {
            { ExitCode: 0 } answer => new Finding(FindingState.Good, "numerics", $"class {answer.Out.Trim()} on {Processor.Name}: workers of one class compute the same bits, --portable makes all one class"),
            var answer => Broken(FindingState.Bad, "numerics", answer),
        },
        compute(true) switch
        {
            { ExitCode: 0 } => new Finding(FindingState.Good, "--portable", $"holds: the bits of every x86-64 processor with AVX2, class {NumericsFingerprint.Portable}"),
            var answer => Broken(FindingState.Limited, "--portable", answer),
        },
    ];

    /// <summary>Starts this program once more.</summary>
    internal static Answer? Ask(bool portable)
    {
        var program = Environment.ProcessPath!;
        var start = new ProcessStartInfo(program) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
        {
            start.ArgumentList.Add(Assembly.GetEntryAssembly()!.Location);
        }

        start.ArgumentList.Add("numerics");
        start.ArgumentList.Add($"--portable={(portable ? "true" : "false")}");
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        if (process.WaitForExit(Patience))
        {
            return new Answer(process.ExitCode, output.Result, error.Result);
        }

        process.Kill();
        return null;
    }

    private static Finding Broken(FindingState state, string subject, Answer? answer)
    {
        var reason = answer is null ? Invariant($"nothing came out in {Patience.TotalSeconds:0} s") : answer.Error.Trim().Split('\n')[^1].Replace("error: ", "", StringComparison.Ordinal);
        // The last part of a refusal says what to do.
        return reason.LastIndexOf("; ", StringComparison.Ordinal) is > 0 and var end
            ? new Finding(state, subject, reason[..end], reason[(end + 2)..])
            : new Finding(state, subject, reason, "see what the other lines say");
    }

    /// <summary>What a process answered.</summary>
    internal sealed record Answer(int ExitCode, string Out, string Error);
}
