using System.Diagnostics;

namespace Cluster.Train.Benchmarks.Memory;

/// <summary>Resident memory of this process.</summary>
internal static class ProcessMemory
{
    /// <summary>The most that was resident at any time, in MB; shared memory counts for everyone who has touched it.</summary>
    internal static double Peak()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64 / 1e6;
    }
}
