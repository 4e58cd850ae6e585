namespace Cluster.Train.Benchmarks.Running;

/// <summary>What the figures were measured on.</summary>
internal static class ThisMachine
{
    private const string Processors = "/proc/cpuinfo";

    /// <summary>The processor's model name and the cores that this process may use.</summary>
    internal static string Description => $"{Processor()}, {Environment.ProcessorCount} cores";

    private static string Processor()
    {
        var line = File.Exists(Processors) ? File.ReadLines(Processors).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line?.Split(':', 2)[1].Trim() ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? "an unknown processor";
    }
}
