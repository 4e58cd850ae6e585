using Cluster.Train.Hosting.CommandLine;
using Cluster.Train.Native;
using Cluster.Train.Training;
using Cluster.Train.Training.Numerics;

namespace Cluster.Train.Hosting.Verbs;

/// <summary>
/// <c>numerics [--portable]</c>: prints this machine's numerics class. A process has only one, so <c>doctor</c> starts two.
/// </summary>
internal static class NumericsVerb
{
    public static Verb Verb { get; } = new("numerics", "Prints the class of bits that this machine computes.", [JobOptions.Portable], RunAsync) { Hidden = true };

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var portable = invocation.Values.Get(JobOptions.Portable);
        NativeEnvironment.Prepare(portable);
        using var thread = new ComputeThread("numerics", threads: 1, portable);
        invocation.Host.Out.WriteLine(await thread.RunAsync(() => NumericsFingerprint.Of(DeviceSpec.Cpu, portable)));
        return 0;
    }
}
