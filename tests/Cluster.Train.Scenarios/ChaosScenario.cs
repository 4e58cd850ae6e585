using Cluster.Train.Scenarios.Chaos;
using Xunit.Abstractions;

namespace Cluster.Train.Scenarios;

/// <summary>A whole run in which something is killed every few seconds.</summary>
public sealed class ChaosScenario(ITestOutputHelper output)
{
    /// <summary>Of each node's output, what a failure shows.</summary>
    internal const int LastLines = 25;

    /// <summary>About a minute on two cores.</summary>
    internal const int Epochs = 30;

    private const string SeedVariable = "CLUSTER_TRAIN_CHAOS_SEED";

    [SkippableFact]
    public async Task Whatever_is_killed_the_result_is_the_same_and_every_sample_counts_once() =>
        output.WriteLine($"{await RunAsync(output, int.TryParse(Environment.GetEnvironmentVariable(SeedVariable), out var seed) ? seed : Random.Shared.Next())}");

    /// <summary>One run.</summary>
    internal static async Task<ChaosReport> RunAsync(ITestOutputHelper output, int seed)
    {
        ChaosReport? report = null;
        output.WriteLine($"chaos of seed {seed}; {SeedVariable}={seed} repeats its plan");
        await Scenario.RunAsync(
            output, async cluster => report = await ChaosRun.RunAsync(cluster, new ChaosPlan(seed, MnistJob.Workers), Epochs), LastLines, (int)(ChaosPlan.Hold * Epochs));
        return report!;
    }
}
