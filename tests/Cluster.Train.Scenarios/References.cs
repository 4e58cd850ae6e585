using System.Collections.Concurrent;
using System.Text.Json;

namespace Cluster.Train.Scenarios;

/// <summary>What one worker in one process makes of a job: the parameters with which every cluster has to end.</summary>
internal static class References
{
    private static readonly ConcurrentDictionary<string, Task<string>> Known = new(StringComparer.Ordinal);

    /// <summary>SHA-256 of the parameters; each job is trained once.</summary>
    internal static Task<string> Of(IReadOnlyList<string> job) => Known.GetOrAdd(string.Join(' ', job), _ => TrainAsync(job));

    private static async Task<string> TrainAsync(IReadOnlyList<string> job)
    {
        var file = Path.GetTempFileName();
        try
        {
            using var node = new Node("reference", hold: null, ["train", .. job, "--workers", "1", "--summary", file]);
            Assert.True(await node.EndsAsync(Scenario.Patience * 4) == 0, node.Text);
            using var summary = JsonDocument.Parse(await File.ReadAllTextAsync(file));
            return summary.RootElement.GetProperty("parametersSha256").GetString()!;
        }
        finally
        {
            File.Delete(file);
        }
    }
}
