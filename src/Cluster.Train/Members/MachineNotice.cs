namespace Cluster.Train.Members;

/// <summary>What is said of this machine before a job's first step. Pure.</summary>
internal static class MachineNotice
{
    /// <param name="convolutions">What is amiss with libtorch's convolutions here, and what to do; null for nothing.</param>
    /// <returns>One line; empty for nothing.</returns>
    internal static string Of((string What, string Advice)? convolutions) =>
        convolutions is var (what, advice) ? $"convolutions are {what}; {advice}" : "";
}
