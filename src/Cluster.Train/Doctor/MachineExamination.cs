using System.Diagnostics;
using Cluster.Train.Native;
using Cluster.Train.Training;
using Cluster.Train.Training.Numerics;

namespace Cluster.Train.Doctor;

/// <summary>What this machine can do, and what to mend.</summary>
public static class MachineExamination
{
    /// <summary>Looks at everything that training needs, what other things depend on first. Loads libtorch. Does not throw for what it finds.</summary>
    /// <param name="numerics">
    /// How a process is started that prints what <see cref="NumericsClassAsync"/> gives, portable or not, and in which precision: a process
    /// has only one class. Null leaves them out.
    /// </param>
    public static IReadOnlyList<Finding> Run(Func<bool, Precision, ProcessStartInfo>? numerics = null)
    {
        var findings = MachineChecks.Run();
        // What cannot load libtorch computes nothing.
        return numerics is null || findings.Any(finding => finding.State == FindingState.Bad)
            ? findings
            : [.. findings, .. NumericsChecks.Run(question => NumericsChecks.Ask(numerics(
                question == NumericsChecks.Question.Portable, question == NumericsChecks.Question.BFloat16 ? Precision.BFloat16 : Precision.Float32)))];
    }

    /// <summary>
    /// The class of bits that this process computes: processors of one class compute the same. It must be the first that the process has
    /// of libtorch.
    /// </summary>
    /// <param name="portable">Whether as portable jobs compute.</param>
    /// <param name="precision">What products are computed in.</param>
    /// <returns>The class; of bfloat16 also, in a second line, how long a product takes in float32 and in bfloat16, in milliseconds.</returns>
    /// <exception cref="BadInputException">The processor cannot compute portable bits, or libtorch was used before with other settings.</exception>
    public static async Task<string> NumericsClassAsync(bool portable, Precision precision = Precision.Float32)
    {
        NativeEnvironment.Prepare(portable);
        using var thread = new ComputeThread("numerics", threads: 1, portable);
        var numerics = await thread.RunAsync(() => NumericsFingerprint.Of(DeviceSpec.Cpu, portable, precision)).ConfigureAwait(false);
        if (precision == Precision.Float32)
        {
            return numerics;
        }

        var (whole, half) = await thread.RunAsync(ProductSpeed.Measure).ConfigureAwait(false);
        return Invariant($"{numerics}\n{whole:R} {half:R}");
    }
}
