using Akka.Actor;

namespace Cluster.Train.Nodes;

/// <summary>
/// A node that carries the coordinator, or stands by to do so. It ends with the job, wherever that ended; a node that the
/// others have gone on without joins again.
/// </summary>
/// <param name="options">The node.</param>
/// <param name="coordinator">
/// Makes the coordinator when this node is the one to carry it, and is told whether another node did so before; it sets the result.
/// </param>
/// <param name="stopJob">The message that ends the job at the next step boundary.</param>
/// <param name="retire">Frees what the coordinator had, when the others have gone on without this node.</param>
/// <param name="say">Is told what the node does, a line at a time.</param>
/// <param name="handsOverAfter">A node that is stopped leaves the job to one that still stands by after so long; null stops the job.</param>
internal sealed class CoordinatorNode(
    NodeOptions options, Func<NodeSystem, bool, TaskCompletionSource<JobOutcome>, Props> coordinator, object stopJob, Func<Task> retire,
    Action<string> say, TimeSpan? handsOverAfter = null)
{
    /// <summary>Longer than a stopped node's leave takes to be known, some rounds of gossip.</summary>
    internal static readonly TimeSpan HandOverPause = TimeSpan.FromSeconds(2);

    /// <summary>Runs until the job has ended, or the node is stopped while it only stands by.</summary>
    public async Task<NodeEnd> RunAsync(CancellationToken stop)
    {
        while (true)
        {
            await using var node = NodeSystem.Start(options with { AnotherSeedListens = await AnotherSeedListensAsync(stop) });
            await node.JoinAsync(stop);
            if (await new CoordinatorAttempt(node, coordinator, stopJob, say, handsOverAfter).RunAsync(stop) is { } end) return end;
            await retire();
            say("the other nodes have gone on without this one: joining again");
        }
    }

    private async Task<bool> AnotherSeedListensAsync(CancellationToken stop) =>
        options.IsFirstSeed && await Seeds.AnyListensAsync([.. options.Seeds.Skip(1)], TimeSpan.Zero, stop);
}
