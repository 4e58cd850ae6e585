using System.Diagnostics;
using System.Globalization;

namespace Cluster.Train.Probe;

/// <summary>
/// Trains a model of 16 million parameters for some steps, and prints how much memory that took at most, as a multiple of the
/// parameters: <c>blocks 3.12</c>.
/// </summary>
internal static class BlocksProbe
{
    private const double ParameterBytes = 4.0 * ((144 * 1000) + (16 * 1000 * 1000) + 17_000 + 2002);

    internal static async Task<int> RunAsync(int workers)
    {
        // What every process needs for any model, machine code included, is there before and does not count.
        await new ProbeRun(_ => { }).RunAsync("tiny", steps: 500, workers, shards: workers);
        var before = Environment.WorkingSet;
        await new ProbeRun(_ => { }).RunAsync("large", steps: 6, workers, shards: workers);
        using var process = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"blocks {(process.PeakWorkingSet64 - before) / ParameterBytes:0.00}"));
        return 0;
    }
}
