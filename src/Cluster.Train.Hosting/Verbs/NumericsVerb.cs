using Cluster.Train.Doctor;
using Cluster.Train.Hosting.CommandLine;

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
        invocation.Host.Out.WriteLine(await MachineExamination.NumericsClassAsync(invocation.Values.Get(JobOptions.Portable), invocation.Values.Get(JobOptions.Precision)));
        return 0;
    }
}
