using Cluster.Train.Verification;

namespace SpiralTrainer;

/// <summary>What its author's test suite runs: the same bits, however it is trained.</summary>
internal static class SpiralProof
{
    /// <summary>Trains it in all ways and compares.</summary>
    /// <returns>0 where they are the same.</returns>
    internal static async Task<int> RunAsync()
    {
        var report = await JobVerification.RunAsync(new SpiralTask());
        Console.Write(report);
        return report.AllAgree ? 0 : 1;
    }
}
