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
    /// <param name="say">Says, in a line, that it stays.</param>
    /// <param name="meanwhile">What it does until it is stopped; null for nothing.</param>
    public static async Task UntilStoppedAsync(
        Invocation invocation, Monitoring monitoring, StopSignals signals, Action<string> say, Func<CancellationToken, Task>? meanwhile = null)
    {
        if (!invocation.Values.Get(ClusterOptions.Stay) || signals.ExitCode is not null) return;
        say("staying until it is stopped (--stay)");
        monitoring.Health.Ready();
        signals.SayThrough(_ => { });
        try
        {
            if (meanwhile is not null) await meanwhile(signals.Token);
        }
        catch (BadInputException exception)
        {
            // The job is done all the same.
            say($"nodes that come later are not told that the job is done: {exception.Message}");
        }

        await Task.Delay(Timeout.Infinite, signals.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
