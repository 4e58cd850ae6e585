using Cluster.Train.Hosting.CommandLine;
using Cluster.Train.Native;
using Cluster.Train.Training;
using Cluster.Train.Training.Numerics;

namespace Cluster.Train.Hosting.Verbs;

/// <summary>
/// <c>numerics [--portable] [--precision bf16]</c>: prints this machine's numerics class; with <c>bf16</c> also how long products take, in
/// milliseconds. A process has only one of <c>--portable</c> and not, so <c>doctor</c> starts several.
/// </summary>
internal static class NumericsVerb
{
    public static Verb Verb { get; } = new("numerics", "Prints the class of bits that this machine computes.", [JobOptions.Portable, JobOptions.Precision], RunAsync) { Hidden = true };

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var (portable, precision) = (invocation.Values.Get(JobOptions.Portable), invocation.Values.Get(JobOptions.Precision));
        NativeEnvironment.Prepare(portable);
        using var thread = new ComputeThread("numerics", threads: 1, portable);
        invocation.Host.Out.WriteLine(await thread.RunAsync(() => NumericsFingerprint.Of(DeviceSpec.Cpu, portable, precision)));
        if (precision == Precision.BFloat16)
        {
            var (whole, half) = await thread.RunAsync(ProductSpeed.Measure);
            invocation.Host.Out.WriteLine(Invariant($"{whole:R} {half:R}"));
        }

        return 0;
    }
}
