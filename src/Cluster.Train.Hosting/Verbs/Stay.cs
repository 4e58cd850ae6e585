using Cluster.Train.Hosting.CommandLine;
using Cluster.Train.Hosting.Surroundings;

namespace Cluster.Train.Hosting.Verbs;

/// <summary>What a node does once its job is done: ends, or stays idle where whatever started it would only start it again.</summary>
internal static class Stay
{
    /// <summary>Returns at once, or, with <c>--stay</c>, at the first signal.</summary>
    /// <param name="invocation">The run.</param>
    /// <param name="monitoring">Goes on to say that the node is well.</param>
    /// <param name="signals">What ends it.</param>
    public static async Task UntilStoppedAsync(Invocation invocation, Monitoring monitoring, StopSignals signals)
    {
        if (!invocation.Values.Get(ClusterOptions.Stay) || signals.ExitCode is not null) return;
        invocation.Host.Out.WriteLine("staying until it is stopped (--stay)");
        invocation.Host.Out.Flush();
        monitoring.Health.Ready();
        signals.SayThrough(_ => { });
        await Task.Delay(Timeout.Infinite, signals.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
