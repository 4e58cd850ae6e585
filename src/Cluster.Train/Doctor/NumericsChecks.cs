using System.Diagnostics;
using System.Globalization;
using Cluster.Train.Native;
using Cluster.Train.Training.Numerics;

namespace Cluster.Train.Doctor;

/// <summary>Which bits this machine computes, by default and with <c>--portable</c>, and what bfloat16 gains; each found in a process of its own.</summary>
internal static class NumericsChecks
{
    private const string Bf16 = "--precision bf16";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>All three checks. None throws.</summary>
    /// <param name="compute">Runs <c>numerics</c> with an option; null where it did not end in time.</param>
    internal static IReadOnlyList<Finding> Run(Func<Question, Answer?> compute) =>
    [
        compute(Question.Usual) switch
        {
            { ExitCode: 0 } answer => new Finding(FindingState.Good, "numerics", $"class {answer.Out.Trim()} on {Processor.Name}: workers of one class compute the same bits, --portable makes all one class"),
            var answer => Broken(FindingState.Bad, "numerics", answer),
        },
        compute(Question.Portable) switch
        {
            { ExitCode: 0 } => new Finding(FindingState.Good, "--portable", $"holds: the bits of every x86-64 processor with AVX2, class {NumericsFingerprint.Portable}"),
            var answer => Broken(FindingState.Limited, "--portable", answer),
        },
        compute(Question.BFloat16) switch
        {
            { ExitCode: 0 } answer when Times(answer.Out) is var (whole, half) => Gain(whole, half),
            var answer => Broken(FindingState.Limited, Bf16, answer),
        },
    ];

    /// <summary>Runs a process that prints its class of bits.</summary>
    /// <returns>Null where it did not end in time.</returns>
    internal static Answer? Ask(ProcessStartInfo start)
    {
        (start.UseShellExecute, start.RedirectStandardOutput, start.RedirectStandardError) = (false, true, true);
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        if (process.WaitForExit(Patience))
        {
            return new Answer(process.ExitCode, output.Result, error.Result);
        }

        process.Kill();
        return null;
    }

    /// <summary>What bfloat16 gains, in words.</summary>
    private static Finding Gain(double whole, double half)
    {
        var figures = Invariant($"a layer of {ProductSpeed.Extent} by {ProductSpeed.Extent} takes {whole:0.0} ms in float32, {half:0.0} ms in bf16: {whole / half:0.0} times as fast");
        return half < whole
            ? new Finding(FindingState.Good, Bf16, figures)
            : new Finding(FindingState.Good, Bf16, figures + ", so it gains nothing here");
    }

    private static (double Float32, double BFloat16)? Times(string output) =>
        output.Trim().Split('\n')[^1].Split(' ') is [var whole, var half]
        && double.TryParse(whole, NumberStyles.Float, CultureInfo.InvariantCulture, out var one) && double.TryParse(half, NumberStyles.Float, CultureInfo.InvariantCulture, out var other)
            ? (one, other)
            : null;

    private static Finding Broken(FindingState state, string subject, Answer? answer)
    {
        var reason = answer is null ? Invariant($"nothing came out in {Patience.TotalSeconds:0} s") : answer.Error.Trim().Split('\n')[^1].Replace("error: ", "", StringComparison.Ordinal);
        // The last part of a refusal says what to do.
        return reason.LastIndexOf("; ", StringComparison.Ordinal) is > 0 and var end
            ? new Finding(state, subject, reason[..end], reason[(end + 2)..])
            : new Finding(state, subject, reason, "see what the other lines say");
    }

    /// <summary>What a process is asked for.</summary>
    internal enum Question
    {
        /// <summary>The class of this machine.</summary>
        Usual,

        /// <summary>The class of all machines.</summary>
        Portable,

        /// <summary>The class with products in bfloat16, and what they gain.</summary>
        BFloat16,
    }

    /// <summary>What a process answered.</summary>
    internal sealed record Answer(int ExitCode, string Out, string Error);
}
