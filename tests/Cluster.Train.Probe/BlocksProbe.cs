using System.Diagnostics;
using System.Globalization;

namespace Cluster.Train.Probe;

/// <summary>
/// Trains a model of 16 million parameters for some steps, and prints how much memory that took at most, as a multiple of the
/// parameters: <c>blocks 3.12</c>. With checkpoints, one is written on the way and one at the end.
/// </summary>
internal static class BlocksProbe
{
    private const double ParameterBytes = 4.0 * ((144 * 1000) + (16 * 1000 * 1000) + 17_000 + 2002);

    private const long Steps = 6;

    internal static async Task<int> RunAsync(int workers, bool checkpoint)
    {
        // What every process needs for any model, machine code included, is there before and does not count.
        await new ProbeRun(_ => { }).RunAsync("tiny", steps: 500, workers, shards: workers);
        var before = Environment.WorkingSet;
        await TrainAsync(workers, checkpoint);
        using var process = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"blocks {(process.PeakWorkingSet64 - before) / ParameterBytes:0.00}"));
        return 0;
    }

    private static async Task TrainAsync(int workers, bool checkpoint)
    {
        if (!checkpoint)
        {
            await new ProbeRun(_ => { }).RunAsync("large", Steps, workers, shards: workers);
            return;
        }

        var directory = Directory.CreateTempSubdirectory("checkpoints-").FullName;
        try
        {
            // Only one before the last, so that none has to wait for another on a slow disk.
            await new ProbeRun(_ => { }).RunAsync("large", Steps, workers, shards: workers, directory, checkpointEvery: Steps - 2);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
