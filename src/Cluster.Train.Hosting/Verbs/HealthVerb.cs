using Cluster.Train.Hosting.CommandLine;
using Cluster.Train.Nodes;

namespace Cluster.Train.Hosting.Verbs;

/// <summary><c>health</c>: whether the node of this machine or container lives, for health checks.</summary>
internal static class HealthVerb
{
    public static Verb Verb { get; } = new(
        "health", "Says whether a node of this machine lives; the exit code is 0 if it does, otherwise 1.", [ClusterOptions.HealthFile], Run);

    private static Task<int> Run(Invocation invocation)
    {
        var path = invocation.Values.GetIfGiven(ClusterOptions.HealthFile)
            ?? throw new BadInputException("--health-file is missing: give the file that the node was given");
        var (isWell, line) = ClusterNode.ReadHealth(path);
        invocation.Host.Out.WriteLine(line);
        return Task.FromResult(isWell ? 0 : 1);
    }
}
